"""The addresses of the board: its page, its data and its plots, for people and for programs of any site."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from arena.board.json_values import board_values
from arena.board.observations import Observations
from arena.board.observer import Observer
from arena.board.standings import Standings
from arena.errors import BadConfiguration
from arena.web.board.board import Board, board_of
from arena.web.board.files import KINDS, table_file
from arena.web.board.page import leaderboard_values
from arena.web.board.plots import PLOTS, figure
from arena.web.board.query import BoardQuery
from arena.web.board.schema import SCHEMA
from arena.web.plain_pages import PlainPages, conditional
from arena.web.texts import say
from arena.web.texts.notes import with_sentences

# Other sites may read these answers: they are public and the same for everybody.
OPEN = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "etag",
    "cross-origin-resource-policy": "cross-origin",
}


def add_board(
    app: FastAPI, pages: PlainPages, standings: Standings, observer: Observer[Observations], *, refresh_s: float
) -> None:
    """Serve the leaderboard as a page, as JSON and as files, and its plots."""

    async def board(request: Request) -> Board:
        return await board_of(BoardQuery.parse(request.query_params), standings, observer)

    @app.get("/leaderboard")
    async def leaderboard(request: Request) -> Response:
        try:
            found = await board(request)
        except BadConfiguration as error:
            return pages.problem(request, say("problems.no_board"), list(error.faults), status=400)
        return pages.page(request, "leaderboard.html", **leaderboard_values(found, refresh_s=refresh_s))

    def values(found: Board) -> Mapping[str, object]:
        return with_sentences(board_values(found.view, found.rows, found.query.filters))

    @app.get("/api/leaderboard")
    async def as_json(request: Request) -> Response:
        return await answered(request, lambda found: open_json(request, values(found)))

    @app.get("/api/leaderboard/schema")
    async def schema(request: Request) -> Response:
        return open_json(request, SCHEMA)

    def serve_file(kind: str) -> None:
        @app.get(f"/api/leaderboard.{kind}")
        async def as_file(request: Request) -> Response:
            def answer(found: Board) -> Response:
                name = f"leaderboard-{found.view.as_of:%Y-%m-%d}.{kind}"
                headers = OPEN | {"content-disposition": f'attachment; filename="{name}"'}
                return conditional(request, table_file(found.rows, kind=kind), KINDS[kind], headers=headers)

            return await answered(request, answer)

    for kind in KINDS:
        serve_file(kind)

    @app.get("/api/plots/{name}")
    async def plot(request: Request, name: str) -> Response:
        if name not in PLOTS:
            return open_json(request, {"error": say("problems.no_plot", plots=", ".join(PLOTS))}, status=404)
        return await answered(request, lambda found: open_json(request, figure(name, found)))

    async def answered(request: Request, answer: Callable[[Board], Response]) -> Response:
        try:
            return answer(await board(request))
        except BadConfiguration as error:
            return open_json(request, {"error": str(error), "faults": error.faults}, status=400)


def open_json(request: Request, value: Mapping[str, Any] | list[Any], *, status: int = 200) -> Response:
    """Answer with JSON that any site may read."""
    body = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return conditional(request, body, "application/json", status=status, headers=OPEN)
