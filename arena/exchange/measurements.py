"""Benchmark figures side by side: one measurement, and what each contender reached in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from arena.db.tables import BenchmarkResult
from arena.exchange.benchmark_results import IDENTITY

KEPT = (*IDENTITY, "value", "error", "scored", "samples", "higher_is_better", "source", "ran_by", "measured_on")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One line of the table: what was measured, and each contender's figure."""

    task: str
    how: str
    lower_is_better: bool
    figures: dict[str, BenchmarkResult]


def measurements(rows: Iterable[BenchmarkResult]) -> list[Measurement]:
    """Group figures by what was measured."""
    found: dict[tuple[str, ...], Measurement] = {}
    for row in rows:
        key = (row.task, row.metric, row.filter, row.setting)
        how = ", ".join(filter(None, [row.metric, row.filter if row.filter != "none" else "", row.setting]))
        line = found.setdefault(key, Measurement(row.task, how, not row.higher_is_better, {}))
        line.figures[row.contender] = row
    return list(found.values())


def is_partial(row: BenchmarkResult) -> bool:
    """Whether not all samples were run, so that the figure is not the benchmark's."""
    return row.scored is not None and row.samples is not None and row.scored < row.samples


def figure_values(row: BenchmarkResult) -> dict[str, Any]:
    """Return a figure as plain values."""
    return {name: getattr(row, name) for name in KEPT} | {"partial": is_partial(row)}
