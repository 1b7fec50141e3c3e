"""A body is read to its end, however it comes, and never beyond its bound; each from a real server."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import aiohttp
import httpx2
import pytest

from generation.backends.bodies import Body, read_body
from tests.endpoints.sending_server import sending

Chunks = Callable[[str], AbstractAsyncContextManager[AsyncIterator[bytes]]]


@asynccontextmanager
async def by_aiohttp(url: str) -> AsyncIterator[AsyncIterator[bytes]]:
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        yield aiter(answer.content.iter_any())


@asynccontextmanager
async def by_httpx(url: str) -> AsyncIterator[AsyncIterator[bytes]]:
    async with httpx2.AsyncClient() as client, client.stream("GET", url) as answer:
        yield answer.aiter_bytes()


@pytest.fixture(params=[by_aiohttp, by_httpx])
def chunks_of(request: pytest.FixtureRequest) -> Chunks:
    client: Chunks = request.param
    return client


async def read(url: str, chunks_of: Chunks, *, max_bytes: int) -> Body:
    async with chunks_of(url) as chunks:
        return await read_body(chunks, max_bytes=max_bytes)


async def test_a_body_that_comes_in_two_parts_is_read_to_its_end(chunks_of: Chunks):
    async with sending(b"one ", b"two") as url:
        assert await read(url, chunks_of, max_bytes=100) == Body(b"one two", is_complete=True)


async def test_an_empty_body_is_whole(chunks_of: Chunks):
    async with sending() as url:
        assert await read(url, chunks_of, max_bytes=0) == Body(b"", is_complete=True)


async def test_a_body_as_long_as_the_bound_is_whole(chunks_of: Chunks):
    async with sending(b"one ", b"two") as url:
        assert await read(url, chunks_of, max_bytes=7) == Body(b"one two", is_complete=True)


@pytest.mark.parametrize("max_bytes", [6, 4, 3, 0])
async def test_what_passes_the_bound_is_left_unread(chunks_of: Chunks, max_bytes: int):
    async with sending(b"one ", b"two", b" three") as url:
        assert await read(url, chunks_of, max_bytes=max_bytes) == Body(b"one two"[:max_bytes], is_complete=False)


async def test_a_few_compressed_bytes_are_bounded_by_what_they_hold(chunks_of: Chunks):
    async with sending(b"a" * 5_000_000, compressed=True) as url:
        assert await read(url, chunks_of, max_bytes=1000) == Body(b"a" * 1000, is_complete=False)


@pytest.mark.parametrize("parts", [(), (b"one ",), (b"one ", b"two")])
async def test_a_body_cut_in_the_middle_is_the_clients_error(chunks_of: Chunks, parts: tuple[bytes, ...]):
    async with sending(*parts, cut=True) as url:
        with pytest.raises((aiohttp.ClientPayloadError, httpx2.TransportError)):
            await read(url, chunks_of, max_bytes=100)


async def test_chunks_are_closed_as_soon_as_the_bound_is_passed():
    closed = []

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"more and "
        finally:
            closed.append(True)

    assert await read_body(endless(), max_bytes=20) == Body(b"more and more and mo", is_complete=False)
    assert closed
