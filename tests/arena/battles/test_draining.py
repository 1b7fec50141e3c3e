"""Taking a server out of `urls`: what it has begun it ends, and new battles go to the others."""

import asyncio
from collections.abc import Iterator

import pytest

from arena.battles.battles import Battles
from arena.battles.views import BattleView
from arena.contenders.register import Contenders
from arena.contenders.schema import ContenderEntry
from arena.db.session import Database
from arena.db.states import ReplyStatus
from tests.arena.conftest import VOTER
from tests.endpoints.openai_server import FakeEndpoint


@pytest.fixture
def servers() -> Iterator[list[FakeEndpoint]]:
    servers = [FakeEndpoint().start(), FakeEndpoint().start()]
    yield servers
    for server in servers:
        server.stop()


def routed(*servers: FakeEndpoint) -> ContenderEntry:
    options = {"urls": [server.url for server in servers], "model": "ok:tps=20,n=60"}
    return ContenderEntry(slug="routed", label="The routed one", backend="openai", options=options)


QUICK = ContenderEntry(slug="quick", label="The quick one", backend="scripted", options={"reply": "Yes."})


async def whole(battles: Battles, view: BattleView) -> BattleView:
    async for _ in battles.watch(view.handle, VOTER):
        pass
    return await battles.look(view.handle, VOTER)


async def test_a_server_that_is_taken_out_ends_what_it_has_begun_and_gets_nothing_new(
    battles: Battles, database: Database, servers: list[FakeEndpoint]
):
    contenders = Contenders(database)
    contenders.sync([routed(*servers), QUICK])
    for slug in ("routed", "quick"):
        contenders.activate(slug, "a test", unchecked=True)
    view = await battles.open_battle(VOTER, "How do alpacas greet each other?")
    ending = asyncio.create_task(whole(battles, view))
    while not any(call.tokens_sent > 2 for server in servers for call in server.calls):  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    (draining,) = (server for server in servers if server.calls)
    (staying,) = (server for server in servers if not server.calls)
    report = contenders.sync([routed(staying), QUICK])
    assert report.changed == ("routed",)  # no new version: the same weights answer
    assert draining.open_calls
    later = await whole(battles, await battles.open_battle(VOTER, "And when it rains?"))
    first = await ending
    for view in (first, later):
        assert [view.turns[0].reply(side).status for side in "ab"] == [ReplyStatus.FINISHED] * 2
        assert view.votable
    assert (len(draining.calls), len(staying.calls)) == (1, 1)
