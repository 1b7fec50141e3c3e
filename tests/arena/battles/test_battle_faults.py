"""Every fault of an endpoint, on either side and on both, on the first turn and on the third."""

import asyncio
from collections.abc import Awaitable, Callable, Set

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from arena.battles import race as races
from arena.battles.battles import Battles
from arena.battles.matchmaking import Matchmaker
from arena.battles.views import BattleView
from arena.contenders.opened import OpenContenders
from arena.db.session import Database
from arena.db.states import BattleStatus, ReplyStatus, VoterKey
from arena.db.tables import Contender, Reply
from arena.errors import BattleClosed
from arena.settings import Settings
from generation import errors
from leaderboard import Verdict
from leaderboard.sampling import Draw
from tests.arena.conftest import scripted
from tests.endpoints.modes import KEY_IN_LEAKY_ERROR
from tests.endpoints.openai_server import FakeEndpoint

FAULTS = [
    *("refuse", "hang", "slow-headers", "bad-http", "http-401", "http-429", "http-500", "model-missing"),
    *("leaky-error", "huge-error", "redirect", "html", "error-200", "bad-json", "nested-json"),
    *("bad-gzip", "stall", "keep-alive", "empty-deltas", "slow-tokens:tps=2,n=99", "endless", "huge-line", "gzip-bomb"),
    *("no-finish", "done-without-finish", "reset", "half-close", "cut-event", "bad-utf8", "error-object"),
    *("quota-object", "content-filter", "abort", "empty", "blank", "context-too-long"),
]
# For the turn that fails in any case; a busy machine may take longer for a good one.
LIMITS = {"first_token_s": 2, "between_tokens_s": 1, "total_s": 3, "max_bytes": 20_000, "max_tokens": 400}
KINDS = {error.kind for error in vars(errors).values() if isinstance(error, type) and hasattr(error, "kind")}


class NextPair(Matchmaker):
    """Draws the pair that the test wants next, in that order."""

    pair: tuple[str, str]

    def draw(self, session: Session, *, without: Set[str] = frozenset()) -> Draw:
        return Draw(*self.pair, probability=1.0, policy="chosen")


def served(slug: str, model: str, endpoint: FakeEndpoint) -> Contender:
    contender = scripted(slug)
    contender.backend, contender.options = "openai", {"url": endpoint.url, "model": model}
    return contender


def voter(number: int) -> VoterKey:
    return VoterKey(f"{number:064}")


CASES = [("sqlite", "a", 1), ("sqlite", "b", 1), ("sqlite", "ab", 3)]
MORE_CASES = [
    pytest.param(database, faulty, turn, marks=pytest.mark.slow)
    for database, faulty, turn in [("sqlite", "a", 3), ("sqlite", "b", 3), ("sqlite", "ab", 1), ("postgres", "ab", 3)]
]


@pytest.mark.parametrize(("database_url", "faulty", "turn"), [*CASES, *MORE_CASES], indirect=["database_url"])
async def test_every_fault_voids_the_battle_and_nothing_else(
    database: Database,
    enter: Callable[..., None],
    open_contenders: OpenContenders,
    fake_endpoint: FakeEndpoint,
    faulty: str,
    turn: int,
):
    enter(*(served(f"c{number}", f"turn{turn}:{fault}", fake_endpoint) for number, fault in enumerate(FAULTS)))
    enter(served("good", "ok", fake_endpoint), served("good-too", "ok:n=3", fake_endpoint))
    matchmaker = NextPair("uniform")

    battles = Battles(database, open_contenders, settings=Settings(max_running=100), matchmaker=matchmaker)

    def watch(view: BattleView, number: int) -> asyncio.Task[BattleView]:
        """Watch a battle from now on; one that nobody watches is interrupted."""

        async def to_the_end() -> BattleView:
            return [now async for now in battles.watch(view.handle, voter(number))][-1]

        return asyncio.create_task(to_the_end())

    def open_battle(number: int) -> Awaitable[BattleView]:
        bad = f"c{number}"
        matchmaker.pair = (bad if "a" in faulty else "good", bad if "b" in faulty else "good-too")
        if faulty == "ab":
            matchmaker.pair = (bad, f"c{(number + 1) % len(FAULTS)}")
        return battles.open_battle(voter(number), "Hello?")

    # All together turn by turn, so that one battle's flood does not slow another's good turn.
    views: list[BattleView] = []
    for position in range(1, turn + 1):
        if position == turn:
            with database.writing() as session:
                session.execute(update(Contender).where(Contender.slug.like("c%")).values(limits=LIMITS))
        watched = []
        for number in range(len(FAULTS)):
            asking = battles.ask(views[number].handle, voter(number), "And?") if views else open_battle(number)
            watched.append(watch(await asking, number))
        views = await asyncio.gather(*watched)

    for fault, view in zip(FAULTS, views, strict=True):
        last = view.turns[-1]
        assert len(view.turns) == turn, fault
        assert view.status is BattleStatus.VOID, fault
        for side in ("a", "b"):
            expected = ReplyStatus.FAILED if side in faulty else ReplyStatus.FINISHED
            assert last.reply(side).status is expected, (fault, side)
        assert KEY_IN_LEAKY_ERROR not in repr(view)
    for number, view in enumerate(views):
        with pytest.raises(BattleClosed):
            await battles.cast_vote(view.handle, voter(number), Verdict.A)
    assert await fake_endpoint.all_closed()
    with database.reading() as session:
        failed = session.scalars(select(Reply).where(Reply.status == ReplyStatus.FAILED)).all()
        assert len(failed) == len(FAULTS) * len(faulty)
        assert {reply.failure for reply in failed} <= KINDS - {"backend"}
        assert not any(KEY_IN_LEAKY_ERROR in reply.failure_detail for reply in failed)
        assert all(reply.duration_s is not None for reply in failed)


async def test_the_upstream_request_closes_within_two_seconds_of_a_departure(
    database: Database, enter: Callable[..., None], open_contenders: OpenContenders, fake_endpoint: FakeEndpoint
):
    enter(served("silent", "hang", fake_endpoint), served("talker", "ok:n=10000,tps=20", fake_endpoint))
    battles = Battles(database, open_contenders, settings=Settings())
    voter = VoterKey("v" * 64)
    view = await battles.open_battle(voter, "Hello?")
    watching = battles.watch(view.handle, voter)
    await anext(watching)
    await anext(watching)
    await watching.aclose()
    assert await fake_endpoint.wait_for(lambda endpoint: len(endpoint.calls) == 2)
    assert races.PATIENCE_S < 2
    assert await fake_endpoint.all_closed()
    await battles.aclose()
