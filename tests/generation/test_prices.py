"""What tokens cost: by the list, or as given."""

import pytest

from generation.conversation import Usage
from generation.prices import Price, list_price, listed_on, price_note


def test_prices_are_found_by_plain_dated_and_prefixed_names():
    price = list_price("gpt-4o-mini")
    assert price
    assert list_price("gpt-4o-mini-2024-07-18") == list_price("openai/gpt-4o-mini") == price
    assert list_price("gpt-4o") != price
    assert list_price("my-own-model") is None


def test_cached_tokens_have_their_own_price_and_else_that_of_the_others():
    usage = Usage(prompt_tokens=1_000_000, completion_tokens=500_000, cached_tokens=400_000)
    assert Price(input=1.0, output=4.0, cached=0.5).cost(usage) == pytest.approx(0.6 * 1 + 0.4 * 0.5 + 0.5 * 4)
    assert Price(input=1.0, output=4.0).cost(usage) == pytest.approx(1 + 0.5 * 4)
    assert Price(input=1.0, output=4.0, batch=0.5).cost(usage, batch=True) == pytest.approx(1.5)


def test_a_note_tells_a_listed_price_from_a_given_one():
    assert price_note(list_price("gpt-4o-mini")).endswith(f"listed on {listed_on()}.")
    assert price_note(Price(1.0, 2.0)) == "$1 for a million input tokens and $2 for output, as given."
    assert "--price-in" in price_note(None)
