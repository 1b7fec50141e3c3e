"""Padding: how many positions each way of batching computes for the same examples, padding included."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from training.packing import Step, best_fit, chunks, plan_steps, tokens
from training.recipe import Batch


@dataclass(frozen=True, slots=True)
class BatchingWay:
    """A way of batching: its name, and the positions it computes per real token (1.0 means no padding)."""

    name: str
    computed_per_real: float


def ways(lengths: Sequence[int], batch: Batch, *, max_length: int, seed: int) -> list[BatchingWay]:
    """Return what each way of batching costs on examples of these lengths (in tokens).

    Sharded ranks wait for each other, so with several ranks every row counts as long as the longest row of its pass.
    Our own way is counted without its saving on shared beginnings, which it computes only once.
    """
    real = sum(lengths)
    order = random.Random(f"{seed}/0").sample(list(lengths), len(lengths))  # noqa: S311

    def padded(micro: int, world: int) -> float:
        return sum(max(rows) * len(rows) for rows in chunks(order, micro * world)) / real

    def ours(world: int) -> float:
        steps = plan_steps(lengths, replace(batch, packing="balanced"), world=world, epochs=1.0, seed=seed)
        return sum(computed_positions(step, lengths) for step in steps) / real

    rows = best_fit(range(len(lengths)), lengths, capacity=batch.tokens_per_pass)
    return [
        BatchingWay(f"padded to {max_length}, as FastChat does", max_length * len(lengths) / real),
        BatchingWay("padded to the longest of 4, one rank", padded(4, 1)),
        BatchingWay("padded to the longest of 16, one rank", padded(16, 1)),
        BatchingWay("the published Alpaca command, 4 ranks × 4", padded(4, 4)),
        BatchingWay("the published Alpaca command, 8 ranks × 4", padded(4, 8)),
        *(
            BatchingWay(f"ours, the same batches, {world} rank{'s' * (world > 1)}", ours(world))
            for world in (1, 2, 4, 8)
        ),
        BatchingWay(f"ours, best-fit rows of {batch.tokens_per_pass}", len(rows) * batch.tokens_per_pass / real),
    ]


def computed_positions(step: Step, lengths: Sequence[int]) -> int:
    """Return the positions that a step costs. Ranks wait for each other, so each row counts as its pass's longest."""
    world = len(step.passes)
    return sum(world * max(tokens(row, lengths) for row in rows) for rows in zip(*step.passes, strict=True))
