"""Packing: which examples go through which forward pass of which rank. No position is ever padding.

The plan of a run is a function of the examples' lengths and the seed alone, so that a step's number is all that a
resumed run has to know.
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
WINDOW = 1000  # examples among which best-fit chooses; more gains nothing on real lengths


@dataclass(frozen=True, slots=True)
class Step:
    """One optimizer step: `passes[rank][pass]` lists the examples, by number, of one flat row."""

    passes: list[list[list[int]]]

    @property
    def examples(self) -> list[int]:
        """The examples of the step, over all ranks and passes."""
        return [number for rank in self.passes for row in rank for number in row]


def plan_steps(lengths: Sequence[int], batch: Batch, *, world: int, epochs: float, seed: int) -> list[Step]:
    """Return all steps of a run.

    Args:
        lengths: tokens of each example.
        batch: what one step sees.
        world: how many ranks there are.
        epochs: how often each example is seen; half an epoch is half of one's steps.
        seed: of the order, which is another in each epoch.
    """
    steps: list[Step] = []
    share_out = partial(balanced, lengths=lengths, world=world, tokens_per_pass=batch.tokens_per_pass)
    for epoch in range(math.ceil(epochs)):
        # A text seeds `Random` in the same way in every process, which a tuple's hash would not.
        order = random.Random(f"{seed}/{epoch}").sample(range(len(lengths)), len(lengths))  # noqa: S311
        steps += [Step(share_out(some)) for some in _batches(order, lengths, batch, world=world)]
    return steps[: max(1, round(len(steps) * epochs / math.ceil(epochs)))]


def _batches(order: Sequence[int], lengths: Sequence[int], batch: Batch, *, world: int) -> list[list[int]]:
    """Return the examples of each step of an epoch."""
    if batch.packing == "balanced":
        return chunks(order, batch.size)
    capacity = batch.tokens_per_pass
    rows = [row for window in chunks(order, WINDOW) for row in best_fit(window, lengths, capacity=capacity)]
    # As many full rows for every rank as hold about `size` examples.
    rows_per_rank = max(1, round(batch.size * len(rows) / len(order) / world))
    return [[number for row in some for number in row] for some in chunks(rows, world * rows_per_rank)]


def balanced(
    batch: Sequence[int], lengths: Sequence[int], *, world: int, tokens_per_pass: int
) -> list[list[list[int]]]:
    """Return the examples of `batch` shared out over ranks and passes, so that all have about equal tokens.

    The longest goes first, each to the lightest row (LPT, Graham 1969). All ranks have the same number of passes, as
    few as keep every row within `tokens_per_pass`, unless a single example is longer.
    """
    limit = max(tokens_per_pass, *(lengths[number] for number in batch))
    num_passes = math.ceil(tokens(batch, lengths) / (world * limit))
    rows = _lightest_first(batch, lengths, world * num_passes)
    while tokens(rows[0], lengths) > limit:
        num_passes += 1
        rows = _lightest_first(batch, lengths, world * num_passes)
    # The heaviest rows of all ranks go together: a pass takes as long as its heaviest.
    return [rows[rank::world] for rank in range(world)]


def best_fit(batch: Sequence[int], lengths: Sequence[int], *, capacity: int) -> list[list[int]]:
    """Return the examples in rows of at most `capacity` tokens: longest first, each where it leaves the least room."""
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
    """Return rows filled with the longest example first, each into the lightest row; the heaviest row first."""
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
