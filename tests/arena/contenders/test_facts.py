import pytest

from arena.contenders.facts import SIZES, billions_in


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("Alpaca-7B", 7.0),
        ("koalpaca-5.8b", 5.8),
        ("Llama 2 70B Chat", 70.0),
        ("mixtral-8x7b-instruct", 56.0),
        ("Qwen/Qwen2.5-0.5B-Instruct", 0.5),
        ("gpt-4", None),
        ("4bit-llama", None),
        ("web bot", None),
        ("0b", None),
    ],
)
def test_a_size_is_read_from_a_name(name: str, billions: float | None):
    assert billions_in(name) == billions


def test_sizes_leave_no_gap():
    ends = list(SIZES.values())
    assert [above for above, _ in ends] == [0.0, *(to for _, to in ends[:-1])]
