"""Automatic benchmarks beside the ratings: a table in which every figure links to its source."""

import asyncio

from fastapi import FastAPI, Request
from starlette.responses import Response

from arena.board.standings import Standings
from arena.exchange.benchmark_results import BenchmarkResults
from arena.exchange.measurements import figure_values, is_partial, measurements
from arena.web.board.routes import open_json
from arena.web.plain_pages import PlainPages


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
        return open_json(request, [figure_values(row) for row in await asyncio.to_thread(results.list)])
