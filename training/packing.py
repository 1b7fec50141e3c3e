"""Packing: which examples go through which forward pass of which rank. No position is ever padding.

The plan of a run is a function of the examples' lengths and the seed alone, so that a step's number is all that a
resumed run has to know.
"""

import heapq
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
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


@dataclass(frozen=True, slots=True)
class Plan:
    """Which examples each step sees.

    Attributes:
        lengths: tokens of each example.
        batch: what one step sees.
        world: how many ranks there are.
        epochs: how often each example is seen; half an epoch is half of one's steps.
        seed: of the order, which is another in each epoch.
    """

    lengths: Sequence[int]
    batch: Batch
    world: int
    epochs: float
    seed: int

    def steps(self) -> list[Step]:
        """Return all steps of the run."""
        steps = [step for epoch in range(math.ceil(self.epochs)) for step in self._epoch(epoch)]
        return steps[: max(1, round(len(steps) * self.epochs / math.ceil(self.epochs)))]

    def _epoch(self, epoch: int) -> Iterator[Step]:
        # A text seeds `Random` in the same way in every process, which a tuple's hash would not.
        order = random.Random(f"{self.seed}/{epoch}").sample(range(len(self.lengths)), len(self.lengths))  # noqa: S311
        kept = self.batch.packing == "balanced"
        for batch in _batches(order, self.batch.size) if kept else self._best_fit_batches(order):
            yield Step(balanced(batch, self.lengths, world=self.world, tokens_per_pass=self.batch.tokens_per_pass))

    def _best_fit_batches(self, order: Sequence[int]) -> Iterator[list[int]]:
        """Yield batches of about `size` examples that fill the rows of all ranks."""
        rows = [
            row
            for window in _batches(order, WINDOW)
            for row in best_fit(window, self.lengths, capacity=self.batch.tokens_per_pass)
        ]
        wanted = self.batch.size * len(rows) / len(order) / self.world
        for some in _batches(rows, self.world * max(1, round(wanted))):
            yield [number for row in some for number in row]


def balanced(
    batch: Sequence[int], lengths: Sequence[int], *, world: int, tokens_per_pass: int
) -> list[list[list[int]]]:
    """Return the examples of `batch` shared out over ranks and passes, so that all have about equal tokens.

    The longest goes first, each to the lightest row (LPT, Graham 1969). All ranks have the same number of passes, as
    few as keep every row within `tokens_per_pass`, unless a single example is longer.
    """
    total = sum(lengths[number] for number in batch)
    limit = max(tokens_per_pass, *(lengths[number] for number in batch))
    num_passes = max(1, math.ceil(total / (world * limit)))
    while max(_weights(rows := _lightest_first(batch, lengths, world * num_passes), lengths)) > limit:
        num_passes += 1
    # The heaviest rows of all ranks go together: a pass takes as long as its heaviest.
    rows.sort(key=lambda row: -sum(lengths[number] for number in row))
    return [rows[rank::world] for rank in range(world)]


def best_fit(batch: Sequence[int], lengths: Sequence[int], *, capacity: int) -> list[list[int]]:
    """Return the examples in rows of at most `capacity` tokens: longest first, each where it leaves the least room."""
    rows: list[list[int]] = []
    room: list[int] = []
    for number in sorted(batch, key=lambda number: -lengths[number]):
        fitting = [row for row in range(len(rows)) if room[row] >= lengths[number]]
        if fitting:
            best = min(fitting, key=room.__getitem__)
        else:
            best = len(rows)
            rows.append([])
            room.append(capacity)
        rows[best].append(number)
        room[best] -= lengths[number]
    return rows


def computed_positions(step: Step, lengths: Sequence[int]) -> int:
    """Return the positions that a step costs: ranks wait for each other, so every pass costs its longest row's."""
    world = len(step.passes)
    return sum(world * max(_weights(rows, lengths)) for rows in zip(*step.passes, strict=True))


def _lightest_first(batch: Sequence[int], lengths: Sequence[int], num_rows: int) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(num_rows)]
    heap = [(0, row) for row in range(num_rows)]
    for number in sorted(batch, key=lambda number: -lengths[number]):
        weight, row = heap[0]
        rows[row].append(number)
        heapq.heapreplace(heap, (weight + lengths[number], row))
    return rows


def _weights(rows: Sequence[Sequence[int]], lengths: Sequence[int]) -> list[int]:
    return [sum(lengths[number] for number in row) for row in rows]


def _batches(items: Sequence[T], size: int) -> Iterator[list[T]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
