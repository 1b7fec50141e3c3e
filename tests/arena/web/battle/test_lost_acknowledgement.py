"""A vote counts once, whatever happens between the click and the answer: death of the server, or other clicks."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress

import aiohttp
import pytest
import pytest_asyncio
from sqlalchemy import func, select

from arena.db.session import Database
from arena.db.tables import Battle, Tally, Vote
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.live.http_voter import HttpVoter, Shown
from tests.live.reborn_arena import RebornArena
from tests.live.waiting import wait_until

LIVES = 12  # at least; more where none ended in the narrow moment that matters most


@pytest_asyncio.fixture
async def arena(database: Database, database_url: str) -> AsyncIterator[RebornArena]:
    with database.writing() as session:
        session.add_all([scripted("one"), scripted("two")])
    arena = RebornArena(database_url)
    await arena.be_ready()
    yield arena
    arena.end()


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser's cookies. A connection a request: none of them survives the server."""
    cookies = aiohttp.CookieJar(unsafe=True)  # unsafe: also from an address without a name
    async with aiohttp.ClientSession(cookie_jar=cookies, connector=aiohttp.TCPConnector(force_close=True)) as http:
        yield http


async def finished_battle(voter: HttpVoter) -> str:
    handle: str = (await voter.ask("Well?"))["handle"]
    await voter.see_the_end(handle)
    return handle


def votes_on(database: Database, handle: str) -> list[Verdict]:
    with database.reading() as session:
        return list(session.scalars(select(Vote.verdict).join(Vote.battle).where(Battle.handle == handle)))


def votes_in_tallies(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.sum(Tally.count))) or 0


@pytest.mark.parametrize("database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True)
async def test_a_vote_whose_answer_is_lost_with_the_server_counts_once(
    arena: RebornArena, database: Database, http: aiohttp.ClientSession
):
    voter = await HttpVoter(http, arena.address).arrive()
    handle = await finished_battle(voter)
    started = time.monotonic()
    await voter.vote(handle, Verdict.A)
    usual_s = time.monotonic() - started
    committed_but_not_answered = 0

    for lives in range(1, 10 * LIVES):
        handle = await finished_battle(voter)
        verdict = random.choice([*Verdict])
        if lives % 2:
            moment: Awaitable[None] = asyncio.sleep(random.uniform(0, usual_s))
        else:
            moment = committed(database, handle)
        answer = await answer_before(moment, voter, handle, verdict, arena)
        await arena.be_ready()
        saved = votes_on(database, handle)
        assert saved in ([], [verdict])
        assert saved or not answer, "an answered vote is lost"
        committed_but_not_answered += bool(saved and not answer)

        retried = await voter.vote(handle, verdict)
        assert votes_on(database, handle) == [verdict]
        assert answer is None or retried["stage"]["reveal"] == answer["stage"]["reveal"]
        changed_mind = await voter.vote(handle, Verdict.TIE if verdict is Verdict.A else Verdict.A)
        assert votes_on(database, handle) == [verdict]
        assert changed_mind["stage"]["reveal"] == retried["stage"]["reveal"] != ""
        if lives >= LIVES and committed_but_not_answered:
            break

    assert committed_but_not_answered, "no life ended between the commit and the answer"
    assert votes_in_tallies(database) == lives + 1
    if database.is_sqlite:
        with database.reading() as session:
            assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


async def answer_before(
    moment: Awaitable[None], voter: HttpVoter, handle: str, verdict: Verdict, arena: RebornArena
) -> Shown | None:
    """Vote, kill the server at `moment`, and return what the voter saw of the names."""
    voting = asyncio.create_task(voter.vote(handle, verdict))
    await moment
    arena.kill()
    with suppress(aiohttp.ClientError):
        shown = await voting
        return shown if shown["stage"].get("reveal") else None
    return None


async def committed(database: Database, handle: str) -> None:
    """Return at once when the vote can be seen from outside."""
    await asyncio.to_thread(wait_until, lambda: votes_on(database, handle), every_s=0.0)


async def test_ten_racing_clicks_leave_one_vote_and_one_answer(
    arena: RebornArena, database: Database, http: aiohttp.ClientSession
):
    voters = [await HttpVoter(http, arena.address).arrive() for _ in range(10)]
    handle = await finished_battle(voters[0])
    verdicts = random.sample([*Verdict] * 3, 10)
    answers = await asyncio.gather(
        *(voter.vote(handle, verdict) for voter, verdict in zip(voters, verdicts, strict=True))
    )
    (counted,) = votes_on(database, handle)
    assert counted in verdicts
    assert len({answer["stage"]["reveal"] for answer in answers}) == 1
    assert votes_in_tallies(database) == 1
