"""How often one address may ask for what is expensive: comparisons, plots, exports, filtered boards, the archive.

Each address has a store of requests that refills steadily (a token bucket), so a reader who clicks through ten plots is
served at once, and a program that asks without end is told how long to wait. Whose address it is says
`arena.web.proxies`; addresses are kept in memory only, and only of those who asked lately.
"""

import math
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from arena.operations.connections import site_of
from arena.web.texts import say

EXPENSIVE = re.compile(
    r"/compare|/battles(/.*)?|/leaderboard/depth|/api/(compare|plots/.*|leaderboard/depth|leaderboard\.\w+|snapshots/.*|audit-log\.jsonl)"
)
FILTERED = {"/leaderboard", "/api/leaderboard"}  # expensive with a query, which chooses votes
MAX_ADDRESSES = 20_000  # remembered; who asked the longest ago is forgotten first


@dataclass(slots=True)
class _Store:
    left: float
    at: float


class RateLimits:
    """ASGI middleware. Answers 429 where an address asks too often for what is expensive.

    Args:
        app: answers the rest.
        per_minute: requests that an address may make, steadily or at once.
        clock: returns a time in seconds that never goes back.
    """

    def __init__(self, app: ASGIApp, *, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._most = float(per_minute)
        self._per_s = per_minute / 60
        self._clock = clock
        self._stores: OrderedDict[str, _Store] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and is_expensive(scope):
            wait_s = self._take(site_of(scope["client"][0] if scope.get("client") else ""))
            if wait_s:
                headers = {"retry-after": str(math.ceil(wait_s)), "cache-control": "no-store"}
                await PlainTextResponse(say("problems.too_often"), 429, headers)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _take(self, address: str) -> float:
        """Take one request from an address's store; return how many seconds are missing, or 0."""
        now = self._clock()
        store = self._stores.setdefault(address, _Store(self._most, now))
        self._stores.move_to_end(address)
        store.left, store.at = min(self._most, store.left + (now - store.at) * self._per_s), now
        if len(self._stores) > MAX_ADDRESSES:
            self._stores.popitem(last=False)
        if store.left < 1:
            return (1 - store.left) / self._per_s
        store.left -= 1
        return 0.0


def is_expensive(scope: Scope) -> bool:
    """Whether a request costs the server more than reading a page that is there already."""
    path = scope["path"]
    return bool(EXPENSIVE.fullmatch(path)) or (path in FILTERED and bool(scope["query_string"]))
