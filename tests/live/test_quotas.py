"""Bots and classes against a real `arena serve`, over HTTP: what is counted of their votes.

The ordinary run is small, with limits to match. The whole one (`--slow`) has the arena's own limits.
"""

import asyncio
import json
import random
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from altcha.v1 import solve_challenge
from sqlalchemy import func, select

from arena.db.states import Checked, Held
from arena.db.tables import Battle, Tally, Vote
from arena.db.voter_tables import QuotaCount
from arena.web.security import COOKIE
from arena.web.texts import say
from tests.live.arena_process import ArenaProcess
from tests.live.network import FORGED, NetworkVoter, visitor

SCRIPTS = "\n".join(
    f"""[[contender]]
slug = "{slug}"
label = "{slug}"
organisation = "Testers"
licence = "MIT"
lineage = "written for the tests"
backend = "scripted"
reply = "{slug} says so."
"""
    for slug in ("one", "two")
)
BOTS_FROM, CLASS_FROM, CROWD_FROM = "127.0.1.1", "127.0.2.1", "127.0.3.1"
AT_ONCE = 4  # visitors; the arena and they share two cores


@dataclass(frozen=True)
class Scale:
    """How many come, and how often each of them votes."""

    bots: int
    votes_of_a_bot: int
    students: int
    votes_of_a_student: int
    crowd: int
    questions_with_other_headers: int
    limits: dict[str, str]


SMALL = Scale(
    bots=3,
    votes_of_a_bot=6,
    students=6,
    votes_of_a_student=2,
    crowd=4,
    questions_with_other_headers=8,
    limits={"ARENA_VOTES_PER_VOTER_PER_HOUR": "4", "ARENA_HOT_NETWORK": "18"},
)
WHOLE = Scale(
    bots=20,
    votes_of_a_bot=50,
    students=40,
    votes_of_a_student=10,
    crowd=100,
    questions_with_other_headers=1000,
    limits={"ARENA_HOT_NETWORK": "1000"},
)


@pytest.fixture(params=[SMALL, pytest.param(WHOLE, marks=pytest.mark.slow)], ids=["small", "whole"])
def scale(request: pytest.FixtureRequest) -> Scale:
    chosen: Scale = request.param
    return chosen


@pytest.fixture
def arena(scale: Scale, tmp_path: Path) -> Iterator[ArenaProcess]:
    with ArenaProcess(tmp_path, contenders=SCRIPTS, **scale.limits) as arena:
        yield arena


async def together(visits: list[Any]) -> None:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(visit: Any) -> None:
        async with places:
            await visit

    await asyncio.gather(*map(one, visits))


async def votes(arena: ArenaProcess, come_from: str, times: int) -> None:
    async with visitor(arena.address, come_from) as voter:
        for number in range(times):
            page = await voter.battle(f"Question {number} of {voter.cookie[:6]}")
            assert page["stage"]["phase"] == "voted", page


def counted_by_network(arena: ArenaProcess) -> dict[str, tuple[int, int]]:
    """How many votes were cast from each network, and how many of them count."""
    with arena.reading() as session:
        columns = (func.count(), func.count().filter(Vote.excluded == ""))
        rows = session.execute(select(Vote.network_hash, *columns).group_by(Vote.network_hash)).all()
        assert (session.scalar(select(func.sum(Tally.count))) or 0) == sum(count for _, _, count in rows)
    return {network: (cast, count) for network, cast, count in rows}


async def test_bots_count_for_nothing_and_a_class_behind_one_address_loses_no_vote(arena: ArenaProcess, scale: Scale):
    await together([votes(arena, CLASS_FROM, scale.votes_of_a_student) for _ in range(scale.students)])
    await together([votes(arena, CROWD_FROM, scale.votes_of_a_student) for _ in range(scale.crowd)])
    students, crowd = (number * scale.votes_of_a_student for number in (scale.students, scale.crowd))
    assert sorted(counted_by_network(arena).values()) == sorted([(students, students), (crowd, crowd)])

    await together([votes(arena, BOTS_FROM, scale.votes_of_a_bot) for _ in range(scale.bots)])
    bots = scale.bots * scale.votes_of_a_bot
    assert sorted(counted_by_network(arena).values()) == sorted([(students, students), (crowd, crowd), (bots, 0)])
    with arena.reading() as session:
        assert {*session.scalars(select(Vote.held).where(Vote.excluded != ""))} == {Held.NEW_VOTER}
        assert session.scalar(select(func.count()).where(Vote.checked == Checked.UNCHECKED)) == 0

    await a_newcomer_of_the_bots_network_has_to_prove_work(arena)
    await nobody_chooses_a_cookie(arena)
    await no_header_makes_another_network(arena, scale)


async def a_newcomer_of_the_bots_network_has_to_prove_work(arena: ArenaProcess) -> None:
    async with visitor(arena.address, BOTS_FROM) as one, visitor(arena.address, BOTS_FROM) as another:
        challenge = await challenged(one)
        solution = solved(challenge)
        forged = packed({**solution, "signature": "0" * 64})
        prolonged = packed({**solution, "salt": str(solution["salt"]).replace("expires=", "expires=9")})
        for refused in (forged, prolonged, "nonsense"):
            assert "not accepted" in (await one.prove(refused))["notice"]
        assert "another visitor" in (await another.prove(packed(solution)))["notice"]
        assert say("battle.proved") in (await one.prove(packed(solution)))["notice"]
        assert "used before" in (await one.prove(packed(solution)))["notice"]
        assert (await one.battle("And now?"))["stage"]["phase"] == "voted"
        await challenged(one)  # it opens one battle only
    with arena.reading() as session:
        assert session.scalar(select(func.count()).where(Battle.proof == Checked.PASSED)) == 1


async def challenged(voter: NetworkVoter) -> dict[str, Any]:
    notice = (await voter.ask("And now?"))["notice"]
    found = re.search('data-challenge="([^"]+)"', notice)
    assert found, notice
    challenge: dict[str, Any] = json.loads(unescape(found[1]))
    return challenge


def solved(challenge: dict[str, Any]) -> dict[str, object]:
    names = ("challenge", "salt", "algorithm")
    found = solve_challenge(*(challenge[name] for name in names), challenge["maxNumber"])
    assert found
    return {name: challenge[name] for name in (*names, "signature")} | {"number": found.number}


def packed(payload: dict[str, object]) -> str:
    return b64encode(json.dumps(payload).encode()).decode()


async def nobody_chooses_a_cookie(arena: ArenaProcess) -> None:
    async with visitor(arena.address, "127.0.4.1") as voter:
        own = voter.cookie
        async with voter.http.get(f"{arena.address}/healthz") as answer:
            here = answer.url
        voter.http.cookie_jar.clear()
        voter.http.cookie_jar.update_cookies({COOKIE: FORGED}, here)
        refused = await voter.ask("Hello")
        assert refused["notice"] == say("battle.no_cookie")
        await voter.arrive()
        assert voter.cookie not in (own, FORGED)


async def no_header_makes_another_network(arena: ArenaProcess, scale: Scale) -> None:
    with arena.reading() as session:
        before = {*session.scalars(networks_that_asked())}
    async with visitor(arena.address, "127.0.5.1") as voter:
        for _ in range(scale.questions_with_other_headers):
            address = ".".join(str(random.randrange(1, 255)) for _ in range(4))
            for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP"):
                voter.http.headers[name] = f"for={address}" if name == "Forwarded" else address
            await voter.ask("Hello")
    with arena.reading() as session:
        assert len({*session.scalars(networks_that_asked())} - before) == 1


def networks_that_asked() -> Any:
    return select(QuotaCount.subject).where(QuotaCount.quota == "question-network-hour").distinct()
