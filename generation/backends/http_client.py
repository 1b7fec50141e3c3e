"""The HTTP client of endpoints: no redirects, no compressed answers, bounded error bodies, addresses within reach."""

import functools
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import aiohttp
import httpx2
import openai

from generation.backends.bodies import read_body
from generation.backends.reach import Reach

CONNECT_S = 10.0
MAX_ERROR_BODY_BYTES = 2**16


def http_client(
    url: str,
    *,
    reach: Reach | None,
    timeout_s: float,
    on_request: Callable[[httpx2.Request], Awaitable[None]] | None = None,
    on_response: Callable[[httpx2.Response], Awaitable[None]] | None = None,
) -> httpx2.AsyncClient:
    """Return a client for an endpoint at `url`.

    Args:
        url: the address as a maintainer wrote it; "" where the vendor's own, public one is used.
        reach: limits the addresses that may be connected to (None: no limit).
        timeout_s: the longest silence.
        on_request: changes each request before it is sent.
        on_response: sees each answer when its headers have come.
    """
    made = openai.DefaultAioHttpClient(
        follow_redirects=False,
        verify=tls(),
        timeout=httpx2.Timeout(timeout_s, connect=CONNECT_S),
        # 0 is aiohttp's word for "no limit"; None would become its default of 100.
        limits=httpx2.Limits(max_connections=0),
        event_hooks={
            "request": [on_request or _uncompressed],
            "response": [_bound_error_body, *([on_response] if on_response else ())],
        },
    )
    if reach:
        # The transport opens its session with the first request. A proxy named in the environment has a transport
        # of its own: it resolves names itself, and decides for itself.
        transport: Any = made._transport
        transport.client = lambda: aiohttp.ClientSession(connector=reach.connector(url, limit=0, ssl=tls()))
    return made


@functools.cache
def tls() -> ssl.SSLContext:
    """Return the trusted certificates. They are kept, because reading them takes 50 ms."""
    return httpx2.create_ssl_context()


async def _uncompressed(request: httpx2.Request) -> None:
    # A few compressed bytes can hold gigabytes.
    request.headers["accept-encoding"] = "identity"


class _Bounded(httpx2.AsyncByteStream):
    """The first `MAX_ERROR_BODY_BYTES` of a body."""

    def __init__(self, body: httpx2.AsyncByteStream) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield (await read_body(self._body, max_bytes=MAX_ERROR_BODY_BYTES)).content

    async def aclose(self) -> None:
        await self._body.aclose()


async def _bound_error_body(response: httpx2.Response) -> None:
    # Clients read the body of an error to its end, however long it is.
    if response.is_error:
        response.stream = _Bounded(cast("httpx2.AsyncByteStream", response.stream))
