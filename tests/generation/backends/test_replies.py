"""Replies: whatever JSON an endpoint sends becomes text, an end, or a fault with a name."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.backends.replies import ReceivedReply
from generation.conversation import End, Piece, Usage
from generation.errors import BackendError

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
# Objects with the keys that are read, and anything at all as their values.
CHUNKS = st.fixed_dictionaries(
    {},
    optional={
        "error": ANYTHING,
        "object": ANYTHING,
        "usage": ANYTHING
        | st.fixed_dictionaries(
            {"prompt_tokens": ANYTHING, "completion_tokens": ANYTHING}, optional={"prompt_tokens_details": ANYTHING}
        ),
        "choices": ANYTHING
        | st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "delta": ANYTHING | st.fixed_dictionaries({"content": ANYTHING}),
                    "message": ANYTHING,
                    "text": ANYTHING,
                    "finish_reason": ANYTHING,
                },
            ),
            min_size=1,
            max_size=2,
        ),
    },
)


def read(*chunks: Any) -> tuple[str, End]:
    reply = ReceivedReply()
    text = "".join(piece.text for piece in reply.pieces(map(json.dumps, chunks)))
    return text, reply.end()


def said(finish_reason: str | None = None, /, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"delta": delta, "finish_reason": finish_reason}]}


@settings(max_examples=50)
@given(st.lists(CHUNKS, max_size=4))
def test_whatever_comes_is_a_reply_or_a_fault_of_the_endpoint(chunks: list[dict[str, Any]]):
    try:
        text, end = read(*chunks)
    except BackendError:
        return
    assert text.strip()
    assert end.finish_reason


def test_an_answer_in_parts_is_the_text_of_its_parts_and_not_its_thinking():
    parts = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "Grass"}, {"type": "text", "text": "."}]
    assert read(said("stop", content=parts))[0] == "Grass."


def test_a_refusal_is_what_the_voter_reads():
    assert read(said("stop", content=None, refusal="I cannot help with that."))[0] == "I cannot help with that."


def test_reasoning_is_a_sign_of_life_and_no_text():
    reply = ReceivedReply()
    assert list(reply.pieces([json.dumps(said(reasoning_content="Hm."))])) == [Piece("", "Hm.")]
    assert reply.begun
    assert not reply.over


@pytest.mark.parametrize(
    ("usage", "found"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 2}, Usage(9, 2)),
        (
            {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}},
            Usage(9, 2, 4),
        ),
        ({"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": None}, Usage(9, 2)),
        ({"prompt_tokens": "9", "completion_tokens": 2}, None),
        ({"total_tokens": 11}, None),
    ],
)
def test_usage_counts_only_where_it_is_whole(usage: dict[str, Any], found: Usage | None):
    text, end = read(said(content="Hay."), {**said("stop"), "usage": usage})
    assert (text, end) == ("Hay.", End("stop", found))
