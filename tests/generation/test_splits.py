"""What is held out is decided by the text alone: the same on every machine, and by the share asked for."""

from hypothesis import given, settings
from hypothesis import strategies as st

from generation.splits import is_held_out


def test_about_the_share_asked_for_is_held_out_and_always_the_same():
    held_out = [number for number in range(2000) if is_held_out(f"prompt {number}", share=0.1)]
    assert 150 < len(held_out) < 250
    # A model trained before would otherwise be tested on what it has learned.
    assert held_out[:5] == [14, 15, 19, 46, 51]


@settings(max_examples=50)
@given(st.text(), st.floats(0, 1), st.floats(0, 1))
def test_a_smaller_share_is_part_of_a_larger_one(prompt: str, one: float, other: float):
    assert is_held_out(prompt, share=min(one, other)) <= is_held_out(prompt, share=max(one, other))
