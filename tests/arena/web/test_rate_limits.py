"""What is expensive is answered as often as an address may ask, and what is cheap always."""

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from arena.web import rate_limits
from arena.web.rate_limits import RateLimits, is_expensive


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def fine(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("fine")(scope, receive, send)


async def asked(limits: RateLimits, path: str = "/compare", *, client: str = "203.0.113.7") -> httpx.Response:
    transport = httpx.ASGITransport(limits, client=(client, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://arena") as reader:
        return await reader.get(path)


async def test_an_address_may_ask_so_often_at_once_and_then_steadily():
    clock = Clock()
    limits = RateLimits(fine, per_minute=6, clock=clock)
    assert [(await asked(limits)).status_code for _ in range(7)] == [200] * 6 + [429]
    refused = await asked(limits)
    assert refused.headers["retry-after"] == "10"
    assert refused.text == "Too many requests from this address. Try again in a moment."
    clock.now += 9.9
    assert (await asked(limits)).status_code == 429
    clock.now += 0.2
    assert [(await asked(limits)).status_code for _ in range(2)] == [200, 429]
    clock.now += 3600
    assert [(await asked(limits)).status_code for _ in range(7)] == [200] * 6 + [429]


async def test_others_and_what_is_cheap_are_not_touched():
    limits = RateLimits(fine, per_minute=1, clock=Clock())
    assert [(await asked(limits)).status_code for _ in range(2)] == [200, 429]
    assert (await asked(limits, client="203.0.113.8")).status_code == 200
    assert (await asked(limits, "/leaderboard")).status_code == 200
    sites = [(await asked(limits, client=f"2001:db8::{n}")).status_code for n in range(3)]
    assert sites == [200, 429, 429]  # whoever has one IPv6 address has them all


async def test_only_so_many_addresses_are_remembered(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rate_limits, "MAX_ADDRESSES", 3)
    limits = RateLimits(fine, per_minute=1, clock=Clock())
    for n in range(9):
        assert (await asked(limits, client=f"203.0.113.{n}")).status_code == 200
    assert len(limits._stores) == 3


@pytest.mark.parametrize(
    ("path", "query", "expensive"),
    [
        *((path, "", True) for path in ("/compare", "/battles", "/battles/7", "/leaderboard/depth", "/api/plots/wins")),
        *((path, "", True) for path in ("/api/leaderboard.csv", "/api/leaderboard.parquet", "/api/compare")),
        *((path, "", False) for path in ("/", "/about", "/leaderboard", "/api/leaderboard", "/healthz", "/arena.css")),
        *((path, "category=maths", True) for path in ("/leaderboard", "/api/leaderboard")),
    ],
)
def test_what_is_expensive(path: str, query: str, expensive: bool):
    assert is_expensive({"path": path, "query_string": query.encode()}) == expensive
