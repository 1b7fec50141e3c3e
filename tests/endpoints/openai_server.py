"""A fake OpenAI-compatible endpoint with the faults of real ones, selected by the model's name (`modes.py`).

    python -m tests.endpoints.openai_server --port 8010

`GET /v1/models` lists the modes, `GET /_state` tells what was asked and when each request was closed and by whom,
`POST /_reset` forgets it. In a test the fixture `fake_endpoint` gives the same things in Python.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from tests.endpoints import dialects, families  # noqa: F401 - they register their modes
from tests.endpoints.exchange import Call, Exchange
from tests.endpoints.modes import MODES

WATCH_S = 0.02  # how often a waiting answer looks whether the client is still there


class FakeEndpoint:
    """The endpoint, running in a thread of its own between `start` and `stop`.

    Attributes:
        calls: every completion asked for, oldest first.
        url: the base URL to give to a client.
    """

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.calls: list[Call] = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def open_calls(self) -> list[Call]:
        return [call for call in self.calls if call.closed_s is None]

    def calls_to(self, model: str) -> list[Call]:
        return [call for call in self.calls if call.model == model]

    async def wait_for(self, condition: Callable[["FakeEndpoint"], object], *, within_s: float = 60.0) -> bool:
        """Whether `condition(endpoint)` comes true within the time given."""
        return await asyncio.to_thread(self._wait_for, condition, within_s)

    async def all_closed(self, *, within_s: float = 60.0) -> bool:
        """Whether every upstream request is closed within the time given."""
        return await asyncio.to_thread(self.wait_until_closed, within_s=within_s)

    def wait_until_closed(self, *, within_s: float = 60.0) -> bool:
        """As `all_closed`, where no event loop runs that would have to close them."""
        return self._wait_for(lambda endpoint: not endpoint.open_calls, within_s)

    def _wait_for(self, condition: Callable[["FakeEndpoint"], object], within_s: float) -> bool:
        end = time.monotonic() + within_s
        while not condition(self) and time.monotonic() < end:
            time.sleep(0.01)
        return bool(condition(self))

    def start(self) -> "FakeEndpoint":
        self._thread.start()
        self._ready.wait()
        return self

    def stop(self) -> None:
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def state(self) -> dict[str, Any]:
        calls = [dataclasses.asdict(call) | {"model": call.model, "turn": call.turn} for call in self.calls]
        return {"now_s": time.monotonic(), "open": len(self.open_calls), "calls": calls}

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self.serve())

    async def serve(self) -> None:
        self._stopping = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        first = await reader.readexactly(1)
        if not first.isalpha():
            return False  # a TLS handshake
        head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:]) if name}
        body = json.loads(await reader.readexactly(int(headers.get("content-length", 0))) or b"{}")
        call = Call(len(self.calls), path, headers, body)
        if not path.endswith("/completions"):
            await self._tell(Exchange(call, writer, {}, earlier=False))
            return True
        earlier = bool(self.calls_to(call.model))
        self.calls.append(call)
        name, options = _mode(call)
        exchange = Exchange(call, writer, options, earlier=earlier)
        await _until_gone(MODES[name](exchange), call, reader, writer)
        return exchange.keep_alive and call.closed_by == "endpoint"

    async def _tell(self, exchange: Exchange) -> None:
        match exchange.call.path:
            case "/v1/models":
                await exchange.answer(
                    200, {"object": "list", "data": [{"id": name, "object": "model"} for name in MODES]}
                )
            case "/v1/moderations" if exchange.call.body["model"].startswith("http-"):
                await exchange.answer(503, {"error": {"message": "No worker."}})
            case "/v1/moderations":
                found = "bomb" in exchange.call.body["input"]
                result = {"flagged": found, "categories": {"violence": found, "hate": False}}
                await exchange.answer(200, {"id": "m1", "results": [result]})
            case "/health":
                await exchange.answer(200, {})
            case "/_state":
                await exchange.answer(200, self.state())
            case "/_reset":
                self.calls.clear()
                await exchange.answer(200, {})
            case _:
                await exchange.answer(404, {"error": {"message": "No such path."}})


def _mode(call: Call) -> tuple[str, dict[str, str]]:
    """Return the mode and its options that a model name stands for on this turn."""
    name, _, rest = call.model.partition(":")
    if name.startswith("turn") and name[4:].isdigit():
        if call.turn != int(name[4:]):
            return "ok", {}
        name, _, rest = rest.partition(":")
    options = dict(option.split("=", 1) for option in rest.split(",") if option)
    return (name, options) if name in MODES else ("model-missing", {})


async def _until_gone(answer: Any, call: Call, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Write the answer, but no longer than the client stays, and note who ended it."""
    answering = asyncio.ensure_future(answer)
    try:
        while not answering.done() and not reader.at_eof() and not writer.is_closing():
            await asyncio.wait([answering], timeout=WATCH_S)
        gone = not answering.done() or isinstance(answering.exception(), ConnectionError)
        call.closed_by = "client" if gone else "endpoint"
        if answering.done() and not gone:
            answering.result()
    finally:
        answering.cancel()
        call.closed_s = time.monotonic()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8010, help="0 takes a free one")
    endpoint = FakeEndpoint(parser.parse_args().port).start()
    sys.stdout.write(f"{endpoint.url}\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()


if __name__ == "__main__":
    main()
