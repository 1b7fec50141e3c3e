"""What is held is left out until a maintainer decides, and comes back as it was."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from arena.board.standings import standings_of
from arena.clock import now
from arena.db import tallies
from arena.db.session import Database
from arena.db.suspicion_tables import DetectorRun, Suspicion, SuspicionState
from arena.db.tables import Battle, Vote
from arena.errors import BadConfiguration, UnknownSuspicion
from arena.suspicion.states import SUSPECT
from arena.suspicion.suspects import LEAST_VOTES, Suspects
from arena.voters.queries import erase_battles
from arena.votes.exclusions import VoteExclusions
from leaderboard.suspicion.holds import Hold
from tests.arena.suspicion.crowd import HONEST, ODD, fill

HELD, CONFIRMED = SUSPECT[SuspicionState.HELD], SUSPECT[SuspicionState.CONFIRMED]


def left_out(database: Database) -> dict[int, int]:
    """How many votes of each voter are left out."""
    query = select(Vote.voter_id, func.count()).where(Vote.excluded != "").group_by(Vote.voter_id)
    with database.reading() as session:
        return dict(session.execute(query).all())


def test_votes_that_stand_out_leave_the_board_and_their_number_and_reason_are_told(
    suspects: Suspects, database: Database
):
    before = standings_of(database).tallies.num_votes
    assert suspects.keep(suspects.look()) == ODD * 40
    assert left_out(database) == {HONEST + 1: 40, HONEST + 2: 40}
    assert standings_of(database).tallies.num_votes == before - ODD * 40
    assert VoteExclusions(database).votes_by_reason() == {HELD: ODD * 40}
    assert tallies.rebuild(database) == ()
    listed = suspects.list()
    assert {row.suspicion.subject for row in listed} == {f"voter {HONEST + 1}", f"voter {HONEST + 2}"}
    assert all("the left side is chosen whatever it says" in row.suspicion.reason for row in listed)
    assert {(row.num_votes, row.num_left_out) for row in listed} == {(40, 40)}


def test_a_released_suspicion_counts_at_once_and_is_never_held_again_by_itself(suspects: Suspects, database: Database):
    before = standings_of(database).tallies
    suspects.keep(suspects.look())
    for row in suspects.list():
        assert suspects.decide(row.suspicion.id, SuspicionState.RELEASED, decision="a test of the buttons") == 40
    assert left_out(database) == {}
    assert (standings_of(database).tallies.counts == before.counts).all()
    assert suspects.keep(suspects.look()) == 0
    assert left_out(database) == {}
    assert suspects.decide(suspects.list()[0].suspicion.id, SuspicionState.HELD, decision="on second thoughts") == 40


def test_a_confirmed_suspicion_stays_out_under_another_reason(suspects: Suspects, database: Database):
    suspects.keep(suspects.look())
    suspects.decide(suspects.list()[0].suspicion.id, SuspicionState.CONFIRMED, decision="a script")
    assert VoteExclusions(database).votes_by_reason() == {HELD: 40, CONFIRMED: 40}
    assert suspects.keep(suspects.look()) == 0
    assert suspects.list()[0].suspicion.decision == "a script"


def test_what_a_maintainer_left_out_for_another_reason_keeps_it(suspects: Suspects, database: Database):
    mine = VoteExclusions(database).exclude(voters=[HONEST + 1], reason="asked to be left out")
    suspects.keep(suspects.look())
    reasons = VoteExclusions(database).votes_by_reason()
    assert reasons["asked to be left out"] == mine.num_votes == 40
    assert reasons[HELD] == 40


def test_the_same_rows_give_the_same_whatever_is_held_by_then(suspects: Suspects, database: Database):
    first = suspects.look()
    suspects.keep(first)
    replay = suspects.replay()
    assert replay
    assert replay.same
    assert replay.look.found == first.found
    suspects.keep(suspects.look())  # nothing new is no new run
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DetectorRun)) == 1


def test_a_replay_tells_when_the_rows_are_no_longer_the_same(suspects: Suspects, database: Database):
    suspects.keep(suspects.look())
    with database.writing() as session:
        theirs = session.scalars(select(Vote.battle_id).where(Vote.voter_id == HONEST + 1).limit(30)).all()
        erase_battles(session, theirs, keep_counts=False, at=now())
    replay = suspects.replay()
    assert replay
    assert not replay.same
    assert replay.look.num_votes == replay.run.num_votes - 30


def test_a_look_of_the_past_sees_no_later_vote(suspects: Suspects, database: Database):
    with database.reading() as session:
        half = session.scalars(select(Battle.opened_at).order_by(Battle.opened_at)).all()[300]
    past = suspects.look(until=half)
    with database.reading() as session:
        expected = session.scalar(select(func.count()).select_from(Vote).where(Vote.cast_at <= half))
    assert past.num_votes == expected
    assert past.num_battles == 301


def test_where_votes_are_too_few_nothing_is_judged(database: Database):
    fill(database, odd_votes=40)
    suspects = Suspects(database)
    with database.reading() as session:
        early = session.scalars(select(Vote.cast_at).order_by(Vote.cast_at)).all()[LEAST_VOTES - 2]
    look = suspects.look(until=early)
    assert look.num_votes < LEAST_VOTES
    assert look.found == ()
    assert suspects.keep(look) == 0


def test_a_hold_that_would_cost_mostly_honest_votes_waits_for_a_person(
    suspects: Suspects, database: Database, monkeypatch: pytest.MonkeyPatch
):
    """The detectors are told to hold a cohort with hardly any excess: nothing may leave the board by itself."""

    def framed(battles, thresholds):
        about = (battles.left == 1) | (battles.right == 1)
        votes = (battles.voted & about).nonzero()[0]
        return (Hold("network", 7, -1, "target", 1, 1e-9, 3.0, votes),)

    monkeypatch.setattr("arena.suspicion.suspects.find_holds", framed)
    assert suspects.keep(suspects.look()) == 0
    assert left_out(database) == {}
    (row,) = suspects.list()
    assert row.suspicion.state is SuspicionState.WAITING
    assert "`birch`" in row.suspicion.reason
    assert suspects.decide(row.suspicion.id, SuspicionState.HELD, decision="I looked at them") == row.num_votes > 20


def test_decisions_need_a_reason_and_a_suspicion(suspects: Suspects, database: Database):
    suspects.keep(suspects.look())
    with pytest.raises(BadConfiguration, match="needs a reason"):
        suspects.decide(1, SuspicionState.RELEASED, decision="  ")
    with pytest.raises(UnknownSuspicion, match="no suspicion 99"):
        suspects.decide(99, SuspicionState.RELEASED, decision="so")
    with pytest.raises(UnknownSuspicion, match="no look 7"):
        suspects.replay(7)
    with database.reading() as session:
        assert {row.state for row in session.scalars(select(Suspicion))} == {SuspicionState.HELD}


def test_an_empty_arena_can_be_looked_at(database: Database):
    look = Suspects(database).look(until=now() + timedelta(days=1))
    assert (look.num_battles, look.num_votes, look.found) == (0, 0, ())
    assert Suspects(database).replay() is None
