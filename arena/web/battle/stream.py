"""The replies while they are written, as server-sent events to the stage (`stage.js` listens).

Gradio carries what voters do. For text that changes ten times a second its queue costs about twice the CPU, with which
fifty battles at once fell seconds behind.
"""

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
RETRY_MS = 1000  # how soon a page whose line broke comes again
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}  # proxies must not collect what is live


def battle_stream(battles: Battles) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of `GET PATH?battle=HANDLE`.

    It answers with one `data:` line of JSON for each change of the stage, the whole stage first, then only the parts
    that changed, and with the event `end` when nothing is being written any more (where it is missing, the page comes
    again); with 404 to whoever may not see it.
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
            yield _data(stage, view)
    if not view.running:
        yield "event: end\ndata:\n\n"


def _data(stage: Stage, view: BattleView) -> str:
    return f"data: {json.dumps(stage.changes(view), ensure_ascii=False, allow_nan=False)}\n\n"
