"""Text from outside is made whole before it goes on."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from generation.backends.text import WholeText, clean, quoted

whole_characters = ["a", "\n", "é", "世", "🦙", "\uffff", "\u202e"]
texts = st.lists(st.sampled_from(whole_characters), max_size=20).map("".join)
anything = st.lists(st.sampled_from([*whole_characters, "\0", "\ud83d", "\ude00"]), max_size=20).map("".join)


@given(anything)
def test_clean_text_can_be_stored_anywhere(text: str):
    cleaned = clean(text)
    assert "\0" not in cleaned
    cleaned.encode()


@given(texts)
def test_whole_text_is_left_alone(text: str):
    assert clean(text) == text


@given(anything, st.lists(st.integers(0, 30)))
def test_pieces_add_up_to_the_cleaned_whole(text: str, cuts: list[int]):
    edges = [0, *sorted(cuts), len(text)]
    whole = WholeText()
    pieces = [whole.feed(text[start:end]) for start, end in itertools.pairwise(edges)]
    assert "".join(pieces) + whole.rest() == clean(text)


def test_a_quotation_is_one_short_line():
    assert quoted(b"a\n\tb\xff\x07c") == "“a b\ufffd c”"
    assert len(quoted("x" * 10_000)) == 303
