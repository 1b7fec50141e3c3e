"""A real HTTP server whose one answer comes in the parts that a test asks for, whatever it is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

PAUSE_S = 0.05  # long enough for a reader in the same event loop to see each part by itself


@asynccontextmanager
async def sending(*parts: bytes, cut: bool = False, compressed: bool = False, status: int = 200) -> AsyncIterator[str]:
    """Serve an answer in these parts with a pause between them; `cut` breaks it off after the last one.

    Gives the address of the server.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers={"content-type": "application/json"})
        if compressed:
            response.enable_compression(web.ContentCoding.gzip)
        elif cut:
            response.content_length = sum(map(len, parts)) + 1
        await response.prepare(request)
        for part in parts:
            await response.write(part)
            await asyncio.sleep(PAUSE_S)
        if cut:
            assert request.transport
            request.transport.abort()
        return response

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
