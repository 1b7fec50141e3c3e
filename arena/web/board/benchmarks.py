"""Automatic benchmarks beside the ratings: a table whose every cell leads to its source."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from arena.board.standings import Standings
from arena.db.tables import BenchmarkResult
from arena.exchange.benchmark_results import IDENTITY, BenchmarkResults
from arena.web.board.routes import open_json
from arena.web.plain_pages import PlainPages

KEPT = (*IDENTITY, "value", "error", "scored", "samples", "higher_is_better", "source", "ran_by", "measured_on")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One line of the table: what was measured, and each contender's figure."""

    task: str
    how: str
    lower_is_better: bool
    figures: dict[str, BenchmarkResult]


def add_benchmarks(app: FastAPI, pages: PlainPages, standings: Standings) -> None:
    """Serve the results as a page and as JSON."""
    results = BenchmarkResults(standings.database)

    @app.get("/leaderboard/benchmarks")
    async def page(request: Request) -> Response:
        rows = await asyncio.to_thread(results.list)
        view = await standings.current()
        ratings = {standing.contender: standing.rating for standing in view.ranking.standings}
        names = sorted({row.contender for row in rows}, key=lambda name: (-ratings.get(name, float("-inf")), name))
        return pages.page(
            request,
            "benchmarks.html",
            names=names,
            contenders=view.contenders,
            ratings=ratings,
            measurements=measurements(rows),
            is_partial=is_partial,
        )

    @app.get("/api/benchmarks")
    async def as_json(request: Request) -> Response:
        return open_json(request, [entry(row) for row in await asyncio.to_thread(results.list)])


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


def entry(row: BenchmarkResult) -> dict[str, Any]:
    """Return a figure for JSON."""
    return {name: getattr(row, name) for name in KEPT} | {"partial": is_partial(row)}
