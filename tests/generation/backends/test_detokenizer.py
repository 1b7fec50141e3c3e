"""Token ids become pieces: whole characters, nothing of a stop string, one end."""

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.backends.detokenizer import Detokenizer, StopStrings, TokenText, detokenized
from generation.conversation import End, Piece, Usage
from generation.errors import EmptyReply

END = 0


def of_bytes(ids: Sequence[int]) -> str:
    """A vocabulary of bytes, in which 0 is special."""
    return bytes(token for token in ids if token).decode(errors="replace")


def say(tokens: Iterator[int] | bytes, *, stops: tuple[str, ...] = (), max_tokens: int = 1000) -> list[Piece | End]:
    return [
        *detokenized(tokens, Detokenizer(of_bytes, ends={END}, stops=stops, max_tokens=max_tokens, prompt_tokens=3))
    ]


def text_of(events: list[Piece | End]) -> str:
    return "".join(event.text for event in events if isinstance(event, Piece))


def test_an_end_token_ends_the_reply_and_is_counted_but_not_said():
    assert say(b"Hi\0more") == [Piece("H"), Piece("i"), End("stop", Usage(3, 3))]


def test_a_reply_at_its_longest_ends_with_length_and_asks_for_no_further_token():
    tokens = iter(b"alpaca")
    events = say(tokens, max_tokens=3)
    assert events[-1] == End("length", Usage(3, 3))
    assert next(tokens) == ord("a")


def test_nothing_of_a_stop_string_is_said_though_it_comes_in_many_tokens():
    events = say(b"Yes.\n### Person: And", stops=("\n### Person:",))
    assert text_of(events) == "Yes."
    assert events[-1] == End("stop", Usage(3, 16))


def test_what_looked_like_a_stop_string_is_said_in_the_end():
    assert text_of(say(b"a ## b ##\0", stops=("###",))) == "a ## b ##"


def test_half_a_character_is_never_said():
    events = say("Grüße 🦙".encode())
    assert [event.text for event in events if isinstance(event, Piece)] == [*"Grüße 🦙"]


def test_bytes_that_are_no_text_do_not_hold_the_reply_back_for_ever():
    assert text_of(say(b"\xff\xfe\xfd\xfcabc")).endswith("abc")


@pytest.mark.parametrize("reply", [b"\0", b"", b"  \n\0"])
def test_a_reply_of_nothing_is_an_error(reply: bytes):
    with pytest.raises(EmptyReply):
        say(reply)


@given(st.text(alphabet=st.characters(exclude_characters="\0", codec="utf-8")))
def test_any_text_comes_out_as_it_was(text: str):
    decoder = TokenText(of_bytes)
    assert "".join(map(decoder.feed, text.encode())) + decoder.rest() == text


@given(st.text("ab"), st.lists(st.text("ab", min_size=1, max_size=3), max_size=3), st.integers(1, 4))
def test_a_stop_string_is_found_wherever_it_is_cut(text: str, stops: list[str], size: int):
    filter_ = StopStrings(stops)
    pieces = [text[place : place + size] for place in range(0, len(text), size)]
    said = "".join(map(filter_.feed, pieces)) + filter_.rest()
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    assert filter_.reached == bool(places)
    assert not any(stop in said for stop in stops)
    # A longer stop string that begins earlier may end in a later piece than a short one that is found first.
    assert text.startswith(said)
    assert len(said) >= min(places, default=len(text))
