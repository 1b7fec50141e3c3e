"""Who sends half a request, or a thousand of them, or headers without end, keeps nobody else out."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from arena.operations.connections import ConnectionLimits, Doors, files_allowed, limited_protocol, site_of
from arena.operations.http_server import listen

SECOND = ConnectionLimits(headers_s=0.3, body_s=0.3, taking_s=0.3)
PATIENT = ConnectionLimits(headers_s=60, body_s=60, taking_s=60)
HALF = b"GET / HTTP/1.1\r\nhost: arena\r\nx-half: "
WHOLE = b"GET / HTTP/1.1\r\nhost: arena\r\n\r\n"


async def page(request: Request) -> Response:
    return PlainTextResponse(f"{len(await request.body())}")


async def long(_request: Request) -> Response:
    return Response(b"x" * 50_000_000)


@asynccontextmanager
async def serving(limits: ConnectionLimits) -> AsyncIterator[tuple[int, Doors]]:
    app = Starlette(routes=[Route("/", page, methods=["GET", "POST"]), Route("/long", long)])
    protocol = limited_protocol(limits)
    with listen("127.0.0.1", 0) as listener:
        config = uvicorn.Config(app, http=protocol, log_config=None, timeout_graceful_shutdown=1, lifespan="off")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve([listener]))
        try:
            yield listener.getsockname()[1], protocol.doors
        finally:
            server.should_exit = True
            await task


class Visitor:
    """One connection, from an address of this machine's own network."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    @asynccontextmanager
    async def at(cls, port: int, address: str = "127.0.0.1") -> AsyncIterator["Visitor"]:
        self = cls()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
        try:
            yield self
        finally:
            self.writer.transport.abort()

    async def says(self, words: bytes) -> None:
        self.writer.write(words)
        await self.writer.drain()

    async def hears(self) -> bytes:
        """Return what comes until the connection is closed."""
        try:
            return await asyncio.wait_for(self.reader.read(), 60)
        except ConnectionError:
            return b""

    async def status(self) -> int:
        """Return the status of an answer, and read its headers and its short body."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 60)
        length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
        await self.reader.readexactly(length)
        return int(head.split()[1])


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (HALF, b"HTTP/1.1 408 "),
        (b"POST / HTTP/1.1\r\nhost: arena\r\ncontent-length: 9\r\n\r\nhalf", b"HTTP/1.1 408 "),
        (WHOLE + HALF, b"HTTP/1.1 200 "),  # and nothing more for the half
    ],
)
async def test_a_request_that_does_not_end_is_ended(sent: bytes, answer: bytes):
    async with serving(SECOND) as (port, doors), Visitor.at(port) as visitor:
        await visitor.says(sent)
        assert (await visitor.hears()).startswith(answer)
        await gone(doors)


async def test_slow_but_steady_headers_do_not_buy_time():
    async with serving(SECOND) as (port, _), Visitor.at(port) as visitor:
        await visitor.says(b"GET / HTTP/1.1\r\n")
        for number in range(600):
            if visitor.reader.at_eof():
                break
            try:
                await visitor.says(b"x-%d: y\r\n" % number)
            except ConnectionError:
                break
            await asyncio.sleep(0.05)
        else:
            pytest.fail("headers came for half a minute")


@pytest.mark.parametrize(
    "flood",
    [
        lambda: HALF + b"x" * 100_000,
        lambda: HALF + b"x" * 60_000 + b"\r\n\r\n",
        lambda: b"GET /" + b"x" * 100_000,
        lambda: b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 20_000,
    ],
)
async def test_headers_without_end_are_refused_long_before_they_end(flood: Callable[[], bytes]):
    async with serving(PATIENT) as (port, doors), Visitor.at(port) as visitor:
        try:
            await visitor.says(flood())
            heard = await visitor.hears()
        except ConnectionError:
            heard = b" 431 "  # the answer was lost, since more was on its way
        assert heard == b"" or b" 431 " in heard
        await gone(doors)


async def test_who_takes_nothing_of_an_answer_is_dropped():
    async with serving(SECOND) as (port, doors), Visitor.at(port) as visitor:
        await visitor.says(b"GET /long HTTP/1.1\r\nhost: arena\r\n\r\n")
        await gone(doors)


async def test_the_connection_that_waited_longest_gives_its_place_to_a_newcomer():
    async with serving(ConnectionLimits(connections=3, headers_s=60)) as (port, doors), AsyncExitStack() as stack:
        first, second, third, fourth = [
            await stack.enter_async_context(Visitor.at(port, f"127.0.0.{n}")) for n in range(1, 5)
        ]
        assert await first.hears() == b""
        for visitor in (second, third, fourth):
            await visitor.says(WHOLE)
            assert await visitor.status() == 200
        assert doors.total == 3


async def test_one_address_pushes_out_only_itself():
    async with (
        serving(ConnectionLimits(connections=8, per_address=2, headers_s=60)) as (port, doors),
        AsyncExitStack() as stack,
    ):
        other = await stack.enter_async_context(Visitor.at(port, "127.0.0.9"))
        crowd = [await stack.enter_async_context(Visitor.at(port)) for _ in range(20)]
        for visitor in crowd[:-2]:
            assert await visitor.hears() == b""
        for visitor in (other, *crowd[-2:]):
            await visitor.says(WHOLE)
            assert await visitor.status() == 200
        assert doors.open == {"127.0.0.9": 1, "127.0.0.1": 2}


async def test_behind_a_proxy_are_many():
    limits = ConnectionLimits(per_address=2, headers_s=60, unlimited=lambda address: address == "127.0.0.1")
    async with serving(limits) as (port, _), AsyncExitStack() as stack:
        for visitor in [await stack.enter_async_context(Visitor.at(port)) for _ in range(20)]:
            await visitor.says(WHOLE)
            assert await visitor.status() == 200


async def test_who_is_being_answered_is_not_pushed_out_and_who_comes_too_late_is_told():
    async with serving(ConnectionLimits(per_address=1, body_s=60)) as (port, doors), Visitor.at(port) as busy:
        await busy.says(b"POST / HTTP/1.1\r\nhost: arena\r\ncontent-length: 4\r\n\r\nab")
        await until(lambda: doors.total and not doors.waiting)
        async with Visitor.at(port) as late:
            assert (await late.hears()).startswith(b"HTTP/1.1 503 ")
        await busy.says(b"cd")
        assert await busy.status() == 200


async def test_many_requests_on_one_connection_and_what_is_no_http(caplog: pytest.LogCaptureFixture):
    async with serving(PATIENT) as (port, doors):
        async with Visitor.at(port) as visitor:
            for _ in range(50):
                await visitor.says(WHOLE)
                assert await visitor.status() == 200
            await visitor.says(WHOLE * 3)
            assert [await visitor.status() for _ in range(3)] == [200] * 3
        async with Visitor.at(port) as visitor:
            await visitor.says(b"\x16\x03\x01\x02\x00\x01\x00 is TLS\r\n\r\n")
            assert (await visitor.hears()).startswith(b"HTTP/1.1 400 ")
        await gone(doors)
    assert "Traceback" not in caplog.text


def test_ipv6_addresses_of_one_site_are_one_visitor():
    assert site_of("2001:db8:1:2::1") == site_of("2001:db8:1:2:ffff::9") != site_of("2001:db8:1:3::1")
    assert (site_of("::ffff:127.0.0.1"), site_of("")) == ("127.0.0.1", "")


def test_some_files_are_left_for_other_things_than_visitors():
    assert 0 < Doors(ConnectionLimits()).most < files_allowed()
    assert Doors(ConnectionLimits(connections=10)).most == 10


async def gone(doors: Any) -> None:
    """Wait until no connection is counted any more."""
    await until(lambda: not (doors.total or doors.open or doors.waiting or doors.oldest))


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - nobody sets an event
            await asyncio.sleep(0.01)
