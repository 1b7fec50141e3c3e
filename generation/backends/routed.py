"""Several servers of one contender: each request goes to the least busy healthy one.

All servers serve the same weights, so a request that gets no answer from one is sent to another. A reply that has begun
is not continued elsewhere: if its server fails, the reply fails.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from generation.backends.dialect import Dialect
from generation.backends.learned import Learned
from generation.backends.openai import OpenAIBackend, endpoint_options
from generation.backends.reach import Reach
from generation.conversation import Backend, Completion, End, Message, Piece, Sampling
from generation.errors import BackendError, RateLimited, Unreachable
from generation.servers.servers import Server, soonest

NO_LIMIT = 10**6  # requests at a time; the arena has limits of its own
FIRST_REST_S = 1.0
LONGEST_WAIT_S = 2.0
# A reader who leaves after so much silence counts as an error of the server.
SUSPICIOUS_S = 10.0


class RoutedBackend:
    """Streams text from the least busy healthy server.

    A server that fails gets no requests for a while, twice as long after each failure. Then it gets a single request,
    which shows whether it works again.

    Attributes:
        servers: the state of each.
        faults: the last error of each server that has failed, by name.
    """

    def __init__(self, backends: Mapping[str, Backend], *, suspicious_s: float = SUSPICIOUS_S) -> None:
        self.servers = [Server(name, backend, NO_LIMIT, FIRST_REST_S) for name, backend in backends.items()]
        self.faults: dict[str, str] = {}
        self._suspicious_s = suspicious_s

    @classmethod
    def from_options(
        cls,
        options: Mapping[str, Any],
        *,
        api_key: str | None = None,
        reach: Reach | None = None,
        learned: Learned | None = None,
    ) -> "RoutedBackend":
        """Open the endpoints of the list `urls`; the other options are those of `OpenAIBackend`, for all of them.

        Raises:
            BadInput: an option is wrong; lists every fault.
        """
        urls = endpoint_options(options, api_key=api_key).urls
        shared = {name: value for name, value in options.items() if name != "urls"}
        servers = (
            OpenAIBackend.from_options(shared | {"url": url}, api_key=api_key, reach=reach, learned=learned)
            for url in urls
        )
        return cls(dict(zip(urls, servers, strict=True)))

    @property
    def dialect(self) -> Dialect:
        """What the servers are known to understand by now: they run the same program, so one speaks for all."""
        spoken = [getattr(server.backend, "dialect", Dialect()) for server in self.servers]
        return next((dialect for dialect in spoken if dialect != Dialect()), Dialect())

    async def stream(self, messages: Sequence[Message], sampling: Sampling) -> AsyncGenerator[Piece | End, None]:
        """Yield the reply to `messages` piece by piece, then one `End`.

        Raises:
            Unreachable: no server is healthy.
            BackendError: the request did not end as a whole reply.
        """
        untried = [*self.servers]
        while True:
            server, begun = await self._healthy(untried), False
            untried.remove(server)
            try:
                async with (
                    self._counted(server) as request,
                    aclosing(server.backend.stream(messages, sampling)) as events,
                ):
                    async for event in events:
                        begun, request.last_sign, request.is_complete = True, _now(), isinstance(event, End)
                        yield event
            except (Unreachable, RateLimited):
                if begun or not untried:
                    raise
            else:
                return

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, *, schema: Mapping[str, Any] | None = None
    ) -> Completion:
        """Return the whole reply at once.

        Raises:
            Unreachable: no server is healthy.
            BackendError: the request did not end as a whole reply.
        """
        untried = [*self.servers]
        while True:
            server = await self._healthy(untried)
            untried.remove(server)
            try:
                async with self._counted(server):
                    return await server.backend.complete(messages, sampling, schema=schema)
            except (Unreachable, RateLimited):
                if not untried:
                    raise

    async def aclose(self) -> None:
        """Close the connections to all servers. Streams still open end."""
        for server in self.servers:
            await server.backend.aclose()

    @asynccontextmanager
    async def _counted(self, server: Server) -> AsyncIterator["_Request"]:
        """Count a request that is sent to `server`, and how it ends."""
        request = _Request(_now())
        server.take(0, now=_now())
        try:
            yield request
        except BackendError as error:
            self.faults[server.name] = str(error)
            server.ended_with(error, now=_now())
            raise
        except BaseException:
            self._left(request, server)
            raise
        server.succeeded(rest_s=0, now=_now())

    def _left(self, request: "_Request", server: Server) -> None:
        """Count a request whose reader left: after the end, in the middle, or because nothing more came."""
        if request.is_complete:
            server.succeeded(rest_s=0, now=_now())
        elif _now() - request.last_sign >= self._suspicious_s:
            self.faults[server.name] = "It fell silent."
            server.failed(rest_s=None, now=_now())
        else:
            server.released()

    async def _healthy(self, servers: Sequence[Server]) -> Server:
        while True:
            wait = soonest(servers, 0, now=_now())
            if wait is None or wait.delay_s > LONGEST_WAIT_S:
                faults = (f"{server.name}: {self.faults.get(server.name, 'it is being tried')}" for server in servers)
                raise Unreachable(f"No server is healthy. {' '.join(faults)}")
            if wait.delay_s <= 0:
                return wait.server
            await asyncio.sleep(wait.delay_s)


@dataclass(slots=True)
class _Request:
    """One that is under way: the time of its latest sign of life, and whether its end came."""

    last_sign: float
    is_complete: bool = False


def _now() -> float:
    return asyncio.get_running_loop().time()
