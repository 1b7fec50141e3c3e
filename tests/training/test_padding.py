"""Padding: what each way of batching computes for the same examples, by hand."""

from training.packing import Step
from training.padding import computed_positions, ways
from training.recipe import Batch


def cost(lengths: list[int], name: str, *, max_length: int = 100) -> float:
    table = ways(lengths, Batch(size=32, tokens_per_pass=40), max_length=max_length, seed=0)
    return next(way.computed_per_real for way in table if name in way.name)


def test_examples_of_one_length_cost_nothing_extra_but_where_all_are_padded_to_the_limit():
    lengths = [10] * 32
    for name in ("longest of 4", "longest of 16", "4 ranks × 4", "8 ranks × 4", "1 rank", "8 ranks", "best-fit"):
        assert cost(lengths, name) == 1
    assert cost(lengths, "FastChat") == 10


def test_each_batch_of_four_is_as_wide_as_its_longest():
    assert cost([10, 10, 10, 40], "longest of 4") == 4 * 40 / 70


def test_a_rank_waits_for_the_longest_row_of_all_ranks():
    step = Step([[[0], [1]], [[2], [3]]])
    assert computed_positions(step, [7, 2, 5, 6]) == 2 * 7 + 2 * 6
