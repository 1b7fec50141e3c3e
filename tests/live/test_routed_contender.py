"""Two servers behind one contender, and one of them dies in the middle of battles: none is lost silently."""

import asyncio
from collections import Counter
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from arena.db.tables import Contender, Reply
from tests.endpoints.openai_server import FakeEndpoint
from tests.live.arena_process import ArenaProcess
from tests.live.http_voter import HttpVoter

CONTENDERS = """
[[contender]]
slug = "routed"
label = "The routed one"
backend = "openai"
urls = ["{first}", "{second}"]
model = "ok:tps=10,n=15"

[[contender]]
slug = "quick"
label = "The quick one"
backend = "scripted"
reply = "Yes."
"""


async def battle(arena: ArenaProcess) -> str:
    """Ask, wait for the end, and return the page."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        voter = await HttpVoter(http, arena.address).arrive()
        handle = (await voter.ask("How do alpacas greet each other?"))["handle"]
        return str(await voter.see_the_end(handle))


def ends(arena: ArenaProcess) -> Counter[str]:
    """How the routed contender's replies ended."""
    with arena.reading() as session:
        query = select(Reply.status, Reply.failure).join(Contender).where(Contender.slug == "routed")
        return Counter(failure or status.value for status, failure in session.execute(query))


@pytest.mark.slow
async def test_battles_on_a_killed_server_are_void_and_the_others_and_later_ones_count(tmp_path: Path):
    doomed, living = FakeEndpoint().start(), FakeEndpoint().start()
    try:
        with ArenaProcess(tmp_path, contenders=CONTENDERS.format(first=doomed.url, second=living.url)) as arena:
            doomed.calls.clear()  # those of the check
            running = [asyncio.create_task(battle(arena)) for _ in range(6)]
            assert await doomed.wait_for(lambda fake: sum(call.tokens_sent > 2 for call in fake.open_calls) == 3)
            doomed.stop()
            pages = await asyncio.gather(*running)
            assert sum("does not count" in page for page in pages) == 3
            assert sum("Both replies are complete" in page for page in pages) == 3
            assert ends(arena) == {"truncated": 3, "finished": 3}
            assert "Both replies are complete" in await battle(arena)
            assert ends(arena) == {"truncated": 3, "finished": 4}
    finally:
        doomed.stop()
        living.stop()
