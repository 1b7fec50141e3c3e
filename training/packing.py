"""Packing: which examples go through which forward pass of which rank. No position is ever padding.

The plan of a run follows from the examples' lengths and the seed alone, so a resumed run needs only the number of the
step to continue from.
"""

import heapq
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from training.recipe import Batch

T = TypeVar("T")
WINDOW = 1000  # examples that are packed together by best fit; on real lengths a larger window saves nothing


@dataclass(frozen=True, slots=True)
class Step:
    """One optimizer step: `passes[rank][pass]` has the numbers of the examples in one row."""

    passes: list[list[list[int]]]

    @property
    def examples(self) -> list[int]:
        """The numbers of the step's examples, over all ranks and passes."""
        return [number for rank in self.passes for row in rank for number in row]


def plan_steps(lengths: Sequence[int], batch: Batch, *, world: int, epochs: float, seed: int) -> list[Step]:
    """Return all steps of a run.

    Args:
        lengths: tokens of each example.
        batch: the size of a step and the way of packing.
        world: how many ranks there are.
        epochs: how often each example is seen; half an epoch is half of the steps of a whole one.
        seed: of the order of the examples, which differs from epoch to epoch.
    """
    steps: list[Step] = []
    share_out = partial(balanced, lengths=lengths, world=world, tokens_per_pass=batch.tokens_per_pass)
    for epoch in range(math.ceil(epochs)):
        # A string gives `Random` the same seed in every process; the hash of a tuple would not.
        order = random.Random(f"{seed}/{epoch}").sample(range(len(lengths)), len(lengths))  # noqa: S311
        steps += [Step(share_out(some)) for some in _batches(order, lengths, batch, world=world)]
    return steps[: max(1, round(len(steps) * epochs / math.ceil(epochs)))]


def _batches(order: Sequence[int], lengths: Sequence[int], batch: Batch, *, world: int) -> list[list[int]]:
    """Return the examples of each step of an epoch."""
    if batch.packing == "balanced":
        return chunks(order, batch.size)
    capacity = batch.tokens_per_pass
    rows = [row for window in chunks(order, WINDOW) for row in best_fit(window, lengths, capacity=capacity)]
    # Every rank gets the same number of rows, so many that a step has about `size` examples.
    rows_per_rank = max(1, round(batch.size * len(rows) / len(order) / world))
    return [[number for row in some for number in row] for some in chunks(rows, world * rows_per_rank)]


def balanced(
    batch: Sequence[int], lengths: Sequence[int], *, world: int, tokens_per_pass: int
) -> list[list[list[int]]]:
    """Distribute the examples of `batch` over ranks and passes, so that all rows have about equally many tokens.

    Examples are placed longest first, each into the row with the fewest tokens so far (LPT, Graham 1969). All ranks
    have the same number of passes: the fewest that keep every row within `tokens_per_pass`. A longer example has a row
    of its own length.

    Returns:
        The numbers of the examples by rank, pass and place in the row.
    """
    limit = max(tokens_per_pass, *(lengths[number] for number in batch))
    num_passes = math.ceil(tokens(batch, lengths) / (world * limit))
    rows = _lightest_first(batch, lengths, world * num_passes)
    while tokens(rows[0], lengths) > limit:
        num_passes += 1
        rows = _lightest_first(batch, lengths, world * num_passes)
    # Rows of similar size go into the same pass, because a pass takes as long as its largest row.
    return [rows[rank::world] for rank in range(world)]


def best_fit(batch: Sequence[int], lengths: Sequence[int], *, capacity: int) -> list[list[int]]:
    """Pack examples into rows of at most `capacity` tokens: longest first, each where it leaves the least room.

    An example longer than `capacity` gets a row of its own.
    """
    rows: list[list[int]] = []
    room: list[int] = []
    for number in sorted(batch, key=lambda number: -lengths[number]):
        fitting = [row for row in range(len(rows)) if room[row] >= lengths[number]]
        if not fitting:
            fitting = [len(rows)]
            rows.append([])
            room.append(capacity)
        best = min(fitting, key=room.__getitem__)
        rows[best].append(number)
        room[best] -= lengths[number]
    return rows


def _lightest_first(batch: Sequence[int], lengths: Sequence[int], num_rows: int) -> list[list[int]]:
    """Fill rows, longest example first, each into the row with the fewest tokens; return the largest row first."""
    rows: list[tuple[int, int, list[int]]] = [(0, at, []) for at in range(num_rows)]
    for number in sorted(batch, key=lambda number: -lengths[number]):
        weight, at, row = rows[0]
        row.append(number)
        heapq.heapreplace(rows, (weight + lengths[number], at, row))
    return [row for _, _, row in sorted(rows, key=lambda row: (-row[0], row[1]))]


def tokens(row: Sequence[int], lengths: Sequence[int]) -> int:
    """Return how many tokens the examples of a row have together."""
    return sum(lengths[number] for number in row)


def chunks(items: Sequence[T], size: int) -> list[list[T]]:
    """Return the items in lists of `size`; the last may be shorter."""
    return [list(items[start : start + size]) for start in range(0, len(items), size)]
