import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from arena.battles.battles import Battles
from arena.board.standings import standings_of
from arena.clock import now
from arena.db import tallies
from arena.db.consent_tables import Withdrawal
from arena.db.session import Database
from arena.db.states import BattleStatus
from arena.db.tables import Battle, Flag, Reply, Turn, Vote, Voter
from arena.exchange.past_battles import PastBattles
from arena.settings import Settings
from arena.voters import retention
from arena.voters.retention import Expired, Retention
from arena.votes.labels import relabel
from arena.votes.single_votes import single_votes
from leaderboard import Verdict
from tests.arena.conftest import VOTER, scripted
from tests.arena.finished_battles import finished_battle, stored
from tests.arena.recorded_votes import Ballot, record

Enter = Callable[..., None]
PERIODS = Settings(keep_texts_days=100, keep_unvoted_texts_days=10, keep_refused_days=5, keep_voters_days=200)
NOTHING = Expired(0, 0, 0, 0)


def older(database: Database, days: float) -> None:
    """Let all rows be older."""
    by = timedelta(days=days)
    with database.writing() as session:
        for row in session.scalars(select(Battle)):
            row.opened_at -= by
        for row in session.scalars(select(Voter)):
            row.first_seen_at -= by
        for row in session.scalars(select(Flag)):
            row.at -= by


async def test_each_kind_is_erased_when_its_own_period_is_over(
    battles: Battles, database: Database, enter: Enter, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(retention, "BATCH", 1)
    enter(scripted("one"), scripted("two"))
    for prompt in ("Voted", "Voted too"):
        voted = await finished_battle(battles, prompt)
        await battles.cast_vote(voted.handle, VOTER, Verdict.A)
    await finished_battle(battles, "Left without a vote")
    with database.writing() as session:
        session.add(Flag(at=now(), voter_id=1, moderator="local", categories=["x"], text="Refused"))
    retaining = Retention(database, PERIODS)
    assert retaining.enforce() == NOTHING
    older(database, 6)
    assert retaining.enforce() == Expired(0, 1, 0, 0)
    assert [(flag.text, flag.categories) for flag in stored(database, Flag)] == [("", ["x"])]
    older(database, 6)
    assert retaining.enforce() == Expired(1, 0, 0, 0)
    assert {turn.prompt for turn in stored(database, Turn)} == {"Voted", "Voted too", ""}
    assert [row.status for row in stored(database, Battle)].count(BattleStatus.VOID) == 1
    older(database, 100)
    assert retaining.enforce() == Expired(2, 0, 0, 0)
    assert {turn.prompt for turn in stored(database, Turn)} == {reply.text for reply in stored(database, Reply)} == {""}
    assert PastBattles(database, publish=True).get(1).turns == ()
    assert {row.what for row in stored(database, Withdrawal)} == {"expired"}
    older(database, 100)
    assert retaining.enforce() == Expired(0, 0, 1, 0)
    assert VOTER not in {voter.key for voter in stored(database, Voter)}
    assert retaining.enforce() == NOTHING
    # The votes are what they were.
    assert len(stored(database, Vote)) == standings_of(database).ranking.votes == 2
    assert relabel(database) == 0
    assert tallies.rebuild(database) == ()
    with database.reading() as session:
        assert single_votes(session).extra["prompt"].nunique() == 2


async def test_voters_who_come_back_are_remembered(battles: Battles, database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    await finished_battle(battles)
    older(database, 201)
    await finished_battle(battles)
    assert Retention(database, PERIODS).enforce().voters == 0


def test_a_period_may_have_no_end(database: Database):
    forever = Settings(keep_texts_days=float("inf"), keep_voters_days=1e9, keep_copies_days=float("inf"))
    assert Retention(database, forever).enforce() == NOTHING


def test_old_copies_of_the_database_are_deleted(database: Database, tmp_path: Path):
    if not database.is_sqlite:
        pytest.skip("PostgreSQL is copied by its owner")
    old, new, other = (
        tmp_path / name for name in ("arena.db.before-2-from-1", "arena.db.before-3-from-2", "x.before-")
    )
    for path in (old, new, other):
        path.touch()
    month_ago = (now() - timedelta(days=31)).timestamp()
    for path in (old, other):
        os.utime(path, (month_ago, month_ago))
    assert Retention(database, Settings()).enforce().copies == 1
    assert (old.exists(), new.exists(), other.exists()) == (False, True, True)


def test_a_reply_that_is_gone_keeps_its_measurements(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    record(database, Ballot("one", "two", Verdict.A))
    with database.writing() as session:
        session.execute(update(Battle).values(opened_at=now() - timedelta(days=101)))
    assert Retention(database, PERIODS).enforce().battles == 1
    assert all(reply.num_chars for reply in stored(database, Reply))
