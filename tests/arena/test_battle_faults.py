"""Every fault of an endpoint, on either side and on both, on the first turn and on the third."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from arena.battle_view import BattleStatus, BattleView, ReplyStatus, VoterKey
from arena.battles import Battles
from arena.db.session import Database
from arena.db.tables import Contender, Reply
from arena.errors import BattleClosed
from arena.matchmaking import Matchmaker
from arena.open_contenders import OpenContenders
from arena.settings import Settings
from generation import errors
from leaderboard import Verdict
from leaderboard.sampling import Draw
from tests.arena.conftest import scripted
from tests.endpoints.modes import KEY_IN_LEAKY_ERROR
from tests.endpoints.openai_server import FakeEndpoint

FAULTS = [
    *("refuse", "hang", "slow-headers", "bad-http", "http-401", "http-429", "http-500", "model-missing"),
    *("leaky-error", "huge-error", "redirect", "html", "json-not-sse", "error-200", "bad-json", "nested-json"),
    *("bad-gzip", "stall", "keep-alive", "empty-deltas", "slow-tokens:tps=2,n=99", "endless", "huge-line", "gzip-bomb"),
    *("no-finish", "done-without-finish", "reset", "half-close", "cut-event", "bad-utf8", "error-object"),
    *("quota-object", "content-filter", "abort", "empty", "blank", "context-too-long"),
]
LIMITS = {"first_token_s": 0.8, "between_tokens_s": 0.8, "total_s": 3, "max_bytes": 20_000, "max_tokens": 400}
KINDS = {error.kind for error in vars(errors).values() if isinstance(error, type) and hasattr(error, "kind")}


class NextPair(Matchmaker):
    """Draws the pair that the test wants next, in that order."""

    pair: tuple[str, str]

    def draw(self, session: Session) -> Draw:
        return Draw(*self.pair, probability=1.0, policy="chosen")


def served(slug: str, model: str, endpoint: FakeEndpoint) -> Contender:
    contender = scripted(slug, limits=LIMITS)
    contender.backend, contender.options = "openai", {"url": endpoint.url, "model": model}
    return contender


@pytest.mark.parametrize("turn", [1, 3])
@pytest.mark.parametrize("faulty", ["a", "b", "ab"])
async def test_every_fault_voids_the_battle_and_nothing_else(
    database: Database, enter: Callable[..., None], fake_endpoint: FakeEndpoint, faulty: str, turn: int
):
    enter(*(served(f"c{number}", f"turn{turn}:{fault}", fake_endpoint) for number, fault in enumerate(FAULTS)))
    enter(served("good", "ok", fake_endpoint), served("good-too", "ok:n=3", fake_endpoint))
    matchmaker = NextPair("uniform")
    open_contenders = OpenContenders({})
    battles = Battles(database, open_contenders, settings=Settings(max_running=100), matchmaker=matchmaker)

    async def play(number: int) -> BattleView:
        voter = VoterKey(f"{number:064}")
        bad = f"c{number}"
        # The draw is taken at once, inside the opening; one battle opens at a time.
        async with opening:
            matchmaker.pair = (bad if "a" in faulty else "good", bad if "b" in faulty else "good-too")
            if faulty == "ab":
                matchmaker.pair = (bad, f"c{(number + 1) % len(FAULTS)}")
            view = await battles.open_battle(voter, "Hello?")
        for position in range(1, turn + 1):
            if position > 1:
                view = await battles.ask(view.handle, voter, "And then?")
            view = [now async for now in battles.watch(view.handle, voter)][-1]
        with pytest.raises(BattleClosed):
            await battles.cast_vote(view.handle, voter, Verdict.A)
        return view

    opening = asyncio.Lock()
    views = await asyncio.gather(*(play(number) for number in range(len(FAULTS))))

    for fault, view in zip(FAULTS, views, strict=True):
        last = view.turns[-1]
        assert len(view.turns) == turn, fault
        assert view.status is BattleStatus.VOID, fault
        for side in ("a", "b"):
            expected = ReplyStatus.FAILED if side in faulty else ReplyStatus.FINISHED
            assert last.reply(side).status is expected, (fault, side)
        assert KEY_IN_LEAKY_ERROR not in repr(view)
    assert fake_endpoint.wait_until_closed(within_s=2)
    with database.reading() as session:
        failed = session.scalars(select(Reply).where(Reply.status == ReplyStatus.FAILED)).all()
        assert len(failed) == len(FAULTS) * len(faulty)
        assert {reply.failure for reply in failed} <= KINDS - {"backend"}
        assert not any(KEY_IN_LEAKY_ERROR in reply.failure_detail for reply in failed)
        assert all(reply.duration_s is not None and reply.duration_s < LIMITS["total_s"] + 2 for reply in failed)
    await battles.aclose()
    await open_contenders.aclose()


async def test_the_upstream_request_closes_within_two_seconds_of_a_departure(
    database: Database, enter: Callable[..., None], fake_endpoint: FakeEndpoint
):
    enter(served("silent", "hang", fake_endpoint), served("talker", "ok:n=10000,tps=20", fake_endpoint))
    open_contenders = OpenContenders({})
    battles = Battles(database, open_contenders, settings=Settings())
    voter = VoterKey("v" * 64)
    view = await battles.open_battle(voter, "Hello?")
    watching = battles.watch(view.handle, voter)
    await anext(watching)
    await anext(watching)
    await watching.aclose()
    assert len(fake_endpoint.calls) == 2
    assert await asyncio.to_thread(fake_endpoint.wait_until_closed, within_s=2.3)
    await battles.aclose()
    await open_contenders.aclose()
