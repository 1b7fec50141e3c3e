"""Numbers of an endpoint count only if they can be true: money is computed from them."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.backends.usage import MOST_TOKENS, usage_of
from generation.conversation import Usage
from generation.prices import Price

UNTRUE = [
    -1,
    -5000,
    10**30,
    MOST_TOKENS + 1,
    float("nan"),
    float("inf"),
    -float("inf"),
    "12",
    True,
    None,
    [12],
    1.5,
    {},
]


def told(prompt: object, completion: object, **more: Any) -> Usage | None:
    return usage_of({"prompt_tokens": prompt, "completion_tokens": completion, **more})


@pytest.mark.parametrize("value", UNTRUE)
def test_what_cannot_be_true_is_not_given(value: object):
    assert told(value, 5) is None
    assert told(5, value) is None


@pytest.mark.parametrize("value", UNTRUE)
def test_a_detail_that_cannot_be_true_changes_nothing(value: object):
    details = {"prompt_tokens_details": {"cached_tokens": value}, "total_tokens": value}
    assert told(9, 5, completion_tokens_details={"reasoning_tokens": value}, **details) == Usage(9, 5)


@pytest.mark.parametrize("table", [None, 3, "usage", [], {}, {"prompt_tokens": 0, "completion_tokens": 0}])
def test_zeros_and_other_shapes_are_no_usage(table: object):
    assert usage_of(table) is None


def test_hidden_thinking_counts_wherever_it_stands():
    thought = {"completion_tokens_details": {"reasoning_tokens": 300}}
    assert told(9, 310, **thought) == Usage(9, 310, reasoning_tokens=300)  # OpenAI: inside the completion
    assert told(9, 10, **thought) == Usage(9, 310, reasoning_tokens=300)  # beside it, without a total
    assert told(9, 10, total_tokens=319, **thought) == Usage(9, 310, reasoning_tokens=300)  # xAI
    assert told(9, 10, total_tokens=319) == Usage(9, 310)  # Gemini: only the total knows


def test_what_was_cached_is_no_more_than_the_prompt():
    assert told(9, 5, prompt_tokens_details={"cached_tokens": 4000}) == Usage(9, 5, cached_tokens=9)
    assert told(9, 5, prompt_cache_hit_tokens=4) == Usage(9, 5, cached_tokens=4)


def test_other_names_and_whole_fractions_are_read():
    assert usage_of({"input_tokens": 9, "output_tokens": 5.0}) == Usage(9, 5)


ANY_NUMBER = st.none() | st.integers() | st.floats() | st.booleans() | st.text(max_size=4)


@settings(max_examples=80)
@given(ANY_NUMBER, ANY_NUMBER, ANY_NUMBER, ANY_NUMBER, ANY_NUMBER)
def test_no_number_makes_money_negative_or_endless(
    prompt: object, completion: object, total: object, cached: object, thought: object
):
    usage = told(
        prompt,
        completion,
        total_tokens=total,
        prompt_tokens_details={"cached_tokens": cached},
        completion_tokens_details={"reasoning_tokens": thought},
    )
    if usage:
        assert 0 <= Price(1.0, 2.0, 0.5).cost(usage) <= 3 * MOST_TOKENS
        assert usage.reasoning_tokens <= usage.completion_tokens
