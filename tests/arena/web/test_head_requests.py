"""HEAD: the headers of GET and no body, from every kind of answer."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from arena.web.head_requests import HeadRequests


async def short(_request: Request) -> Response:
    return PlainTextResponse("here", headers={"etag": '"x"'})


async def endless(_request: Request) -> Response:
    async def words() -> AsyncIterator[str]:
        while True:
            yield "word "
            await asyncio.sleep(0)

    return StreamingResponse(words())


async def broken(_request: Request) -> Response:
    raise ValueError("broken")


APP = HeadRequests(Starlette(routes=[Route(f"/{f.__name__}", f, methods=["GET"]) for f in (short, endless, broken)]))


async def ask(method: str, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://arena") as client:
        return await asyncio.wait_for(client.request(method, path), 30)


async def test_the_headers_are_those_of_get_and_there_is_no_body():
    got, headed = await ask("GET", "/short"), await ask("HEAD", "/short")
    assert (headed.status_code, headed.headers, headed.content) == (200, got.headers, b"")


async def test_a_stream_is_not_waited_for():
    assert (await ask("HEAD", "/endless")).status_code == 200


async def test_a_fault_is_not_hidden():
    with pytest.raises(ValueError, match="broken"):
        await ask("HEAD", "/broken")


async def test_what_get_does_not_answer_is_missing_for_head_too():
    missing = await ask("HEAD", "/nowhere")
    assert (missing.status_code, missing.content) == (404, b"")
