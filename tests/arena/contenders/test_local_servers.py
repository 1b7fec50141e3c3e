"""Servers on this machine's usual ports are found and their models offered; whatever else is there is none."""

import asyncio
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from arena.contenders import local_servers
from arena.contenders.local_servers import LocalModel, find_local_models
from tests.endpoints.modes import MODES
from tests.endpoints.openai_server import FakeEndpoint

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a loaded machine needs, where one that is used alone is quicker than half a second."""
    monkeypatch.setattr(local_servers, "PATIENCE_S", 2.0)


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[int]:
    """Serve `/v1/models` on a free port."""
    app = web.Application()
    app.router.add_get("/v1/models", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


def listing(*ids: Any) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"} for name in ids]})

    return handler


async def test_every_model_of_every_server_is_found(fake_endpoint: FakeEndpoint):
    async with serving(listing("llama3.2", "qwen3:4b")) as port:
        found = await find_local_models({"Ollama": port, "vLLM": fake_endpoint.port})
    assert found[:2] == (LocalModel("Ollama", port, "llama3.2"), LocalModel("Ollama", port, "qwen3:4b"))
    assert [model.model for model in found[2:]] == list(MODES)


async def test_the_line_that_adds_a_model_is_safe_to_paste():
    async with serving(listing("meta-llama/Llama-3.2-1B", "x; rm -rf ~")) as port:
        plain, hostile = await find_local_models({"vLLM": port})
    assert plain.command == f"arena contenders add http://127.0.0.1:{port}/v1 meta-llama/Llama-3.2-1B"
    assert shlex.split(hostile.command)[-1] == "x; rm -rf ~"


async def test_names_that_would_write_on_the_terminal_are_left_out():
    async with serving(listing("\x1b[2Jgone", "", 7, "fine")) as port:
        assert [model.model for model in await find_local_models({"vLLM": port})] == ["fine"]


async def test_the_arenas_own_port_is_not_asked():
    asked = []

    async def remember(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        return web.Response()

    async with serving(remember) as port:
        assert await find_local_models({"vLLM": port}, own_port=port) == ()
    assert asked == []


@pytest.mark.parametrize(
    "answer",
    [
        lambda: web.Response(text="<html>It works!</html>", content_type="text/html"),
        lambda: web.json_response({"data": "none"}),
        lambda: web.json_response({"data": [1]}),
        lambda: web.json_response([]),
        lambda: web.Response(body=b"\xff\xfe"),
        lambda: web.Response(status=500),
        lambda: web.HTTPFound("http://203.0.113.1/"),
    ],
)
async def test_what_is_no_such_server_is_passed_over(answer: Callable[[], web.Response]):
    async def handler(request: web.Request) -> web.StreamResponse:
        return answer()

    async with serving(handler) as port:
        assert await find_local_models({"LM Studio": port}) == ()


async def test_a_port_where_nobody_listens_is_passed_over(unused_tcp_port: int):
    assert await find_local_models({"llama.cpp": unused_tcp_port}) == ()


async def test_a_server_that_never_answers_does_not_hide_the_others():
    async def hang(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b'{"data": [')
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    async with serving(hang) as silent, serving(listing("llama3.2")) as port:
        found = await find_local_models({"LM Studio": silent, "Ollama": port})
    assert [model.model for model in found] == ["llama3.2"]
