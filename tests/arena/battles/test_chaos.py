"""Many battles at once, a fifth of them with a fault of any kind: what may be voted on, what is kept, what it costs."""

import asyncio
import random
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from arena.battles.battles import Battles
from arena.contenders.opened import OpenContenders
from arena.db.session import Database
from arena.db.states import BattleStatus, ReplyStatus
from arena.db.tables import Battle, Contender, Reply, Spending, Vote
from arena.errors import BattleClosed
from arena.settings import Settings
from generation.prices import Price
from leaderboard import Verdict
from tests.arena.battles.test_battle_faults import FAULTS, LIMITS, NextPair, served, voter
from tests.endpoints.families import FAMILIES
from tests.endpoints.openai_server import FakeEndpoint

GOOD = ("ok:n=6", "ok:n=9", "ok:n=3", "length", "echo")
PROPER = [name for name, published in FAMILIES.items() if isinstance(published.ends, str)]
FAULTY = [*FAULTS, *(name for name, published in FAMILIES.items() if not isinstance(published.ends, str))]
SHARE = 0.2
AT_ONCE = 12
PRICE = Price(input=2.5, output=10.0)
PRICES = {"input": PRICE.input, "output": PRICE.output, "as_of": "2026-11-28", "source": "a test"}


@pytest.mark.parametrize(
    ("database_url", "count"),
    [
        ("sqlite", 60),
        pytest.param("sqlite", 500, marks=pytest.mark.slow),
        pytest.param("postgres", 500, marks=pytest.mark.slow),
    ],
    indirect=["database_url"],
)
async def test_no_battle_is_lost_or_wrongly_votable_and_the_money_is_right(
    count: int,
    database: Database,
    enter: Callable[..., None],
    open_contenders: OpenContenders,
    fake_endpoint: FakeEndpoint,
):
    def priced(name: str) -> Contender:
        contender = served(name, name, fake_endpoint)
        contender.prices, contender.limits = PRICES, LIMITS if name in FAULTY else {}
        return contender

    enter(*map(priced, [*GOOD, *PROPER, *FAULTY]))
    matchmaker, rng = NextPair("uniform"), random.Random(20261129)
    settings = Settings(max_running=count, usd_per_day=1000.0)
    battles = Battles(database, open_contenders, settings=settings, matchmaker=matchmaker)
    places, opening = asyncio.Semaphore(AT_ONCE), asyncio.Lock()
    faulty: set[int] = set()

    async def one(number: int) -> None:
        async with places:
            pair = rng.sample([*GOOD, *PROPER], 2)
            if rng.random() < SHARE:
                faulty.add(number)
                pair[rng.randrange(2)] = rng.choice(FAULTY)
            async with opening:  # the pair is drawn in the middle of it
                matchmaker.pair = (pair[0], pair[1])
                view = await battles.open_battle(voter(number), "Hello?")
            view = [now async for now in battles.watch(view.handle, voter(number))][-1]
            assert (view.status is BattleStatus.VOID) == (number in faulty), (pair, view)
            assert view.votable == (number not in faulty)
            if number in faulty:
                with pytest.raises(BattleClosed):
                    await battles.cast_vote(view.handle, voter(number), Verdict.A)
            else:
                await battles.cast_vote(view.handle, voter(number), Verdict.A)

    await asyncio.gather(*map(one, range(count)))
    await battles.aclose()
    assert await fake_endpoint.all_closed()
    with database.reading() as session:
        replies = session.scalars(select(Reply)).all()
        assert len(replies) == 2 * count
        assert {reply.status for reply in replies} == {ReplyStatus.FINISHED, ReplyStatus.FAILED}
        assert all(reply.usd is not None and reply.usd >= 0 for reply in replies)
        assert session.scalar(select(func.count()).select_from(Vote)) == count - len(faulty)
        assert session.scalar(select(func.count()).where(Battle.status == BattleStatus.OPEN)) == 0
        spent = session.scalar(select(Spending.usd).where(Spending.account == "arena"))
        paid = sum(reply.usd or 0.0 for reply in replies)
        counted = select(func.sum(Reply.usd)).join(Contender).where(Contender.slug.in_(GOOD))
        counted_usd = session.scalar(counted)
    assert spent == pytest.approx(paid, abs=1e-9)  # every reservation was settled
    ledger = [call.tokens_sent for call in fake_endpoint.calls if call.model in GOOD]
    assert counted_usd == pytest.approx(sum(map(_billed, ledger)), abs=1e-9)


def _billed(tokens: int) -> float:
    return (9 * PRICE.input + tokens * PRICE.output) / 1e6
