"""Sends the replies to the page while they are written, as server-sent events (`stage.js` receives them).

Everything that voters do goes through Gradio. But for text that changes ten times a second, Gradio's queue takes about
twice the CPU: with fifty battles at once, the pages fell seconds behind.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse

from arena.battles.battles import Battles
from arena.battles.views import BattleView
from arena.errors import ArenaError, DatabaseUnavailable
from arena.web.battle.stage import Stage
from arena.web.visitor import handle_of, voter_of

PATH = "/battle/stream"
RETRY_MS = 1000  # after this time a browser reconnects a broken stream
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}  # proxies must pass every piece on at once


def battle_stream(battles: Battles) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of `GET PATH?battle=HANDLE`.

    It answers with one `data:` line of JSON for each change of the stage: first the whole stage, then only the parts
    that changed. The event `end` says that nothing more will be written; a page that did not get it connects again.
    Voters who may not see the battle get 404.
    """

    async def stream(request: Request) -> Response:
        try:
            views = battles.watch(handle_of(request.query_params.get("battle")), voter_of(request.cookies))
            first = await anext(views)
        except DatabaseUnavailable:
            raise
        except ArenaError as error:
            return PlainTextResponse(str(error), 404)
        return StreamingResponse(_events(first, views), media_type="text/event-stream", headers=HEADERS)

    return stream


async def _events(first: BattleView, views: AsyncGenerator[BattleView, None]) -> AsyncIterator[str]:
    stage, view = Stage(), first
    yield f"retry: {RETRY_MS}\n" + _data(stage, first)
    async with aclosing(views):
        async for view in views:
            # At its end a long reply is made into HTML anew.
            yield _data(stage, view) if view.running else await asyncio.to_thread(_data, stage, view)
    if not view.running:
        yield "event: end\ndata:\n\n"


def _data(stage: Stage, view: BattleView) -> str:
    return f"data: {json.dumps(stage.changes(view), ensure_ascii=False, allow_nan=False)}\n\n"
