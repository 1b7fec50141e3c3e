"""Visitors from networks of their own: Linux answers on every address that begins with 127."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from arena.web.security import COOKIE
from leaderboard import Verdict
from tests.live.http_voter import HttpVoter, Shown

FORGED = "A" * 43


class NetworkVoter(HttpVoter):
    """A visitor from an address of its own choosing, with a cookie of its own, or one of its own making."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        super().__init__(http, address)
        self.http = http

    @property
    def cookie(self) -> str:
        """What the arena has given it."""
        return next(cookie.value for cookie in self.http.cookie_jar if cookie.key == COOKIE)

    async def battle(self, prompt: str, verdict: Verdict = Verdict.A) -> Shown:
        """Ask, wait, vote, and return what the page shows then."""
        shown = await self.ask(prompt)
        assert isinstance(shown["handle"], str), shown["notice"]  # else it was refused
        await self.see_the_end(shown["handle"])
        return await self.vote(shown["handle"], verdict)

    async def prove(self, solution: str) -> Shown:
        """Send the solution of a challenge."""
        return await self._event("prove", solution)


@asynccontextmanager
async def visitor(arena: str, come_from: str, **headers: str) -> AsyncIterator[NetworkVoter]:
    """Give a visitor whose connections come from an address of this machine."""
    connector = aiohttp.TCPConnector(local_addr=(come_from, 0))
    cookies = aiohttp.CookieJar(unsafe=True)  # unsafe: also from an address without a name
    async with aiohttp.ClientSession(connector=connector, cookie_jar=cookies, headers=headers) as http:
        yield await NetworkVoter(http, arena).arrive()
