"""Benchmark figures side by side: each measurement with the figures of all contenders."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from arena.db.tables import BenchmarkResult
from arena.exchange.benchmark_results import IDENTITY

KEPT = (*IDENTITY, "value", "error", "scored", "samples", "higher_is_better", "source", "ran_by", "measured_on")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One line of the table: a measurement, and the figure of each contender by its name."""

    task: str
    how: str
    lower_is_better: bool
    figures: dict[str, BenchmarkResult]


def measurements(rows: Iterable[BenchmarkResult]) -> list[Measurement]:
    """Return the figures grouped by measurement."""
    found: dict[tuple[str, ...], Measurement] = {}
    for row in rows:
        key = (row.task, row.metric, row.filter, row.setting)
        how = ", ".join(filter(None, [row.metric, row.filter if row.filter != "none" else "", row.setting]))
        line = found.setdefault(key, Measurement(row.task, how, not row.higher_is_better, {}))
        line.figures[row.contender] = row
    return list(found.values())


def is_partial(row: BenchmarkResult) -> bool:
    """Return whether only a part of the samples was run, so that the figure is not that of the benchmark."""
    return row.scored is not None and row.samples is not None and row.scored < row.samples


def figure_values(row: BenchmarkResult) -> dict[str, Any]:
    """Return a figure as plain values."""
    return {name: getattr(row, name) for name in KEPT} | {"partial": is_partial(row)}
