"""Tallies that are kept in memory and follow the database by what changed."""

from datetime import timedelta

import pytest

from arena.db.session import Database
from arena.db.tallies import Selection
from arena.votes.exclusions import VoteExclusions
from arena.votes.running_tallies import RunningTallies
from leaderboard import Tallies, Verdict
from tests.arena.conftest import Enter, scripted
from tests.arena.recorded_votes import MORNING, Ballot, record


@pytest.fixture
def running(enter: Enter) -> RunningTallies:
    enter(*map(scripted, ("one", "two", "zebra", "alpaca")))
    return RunningTallies()


def read(running: RunningTallies, database: Database) -> Tallies:
    with database.reading() as session:
        return running.read(session)


def test_nothing_is_read_again_where_nothing_changed(database: Database, running: RunningTallies):
    record(database, Ballot("one", "two", Verdict.A))
    first = read(running, database)
    assert read(running, database) is first


def test_those_who_hold_the_tallies_keep_them_as_they_were(database: Database, running: RunningTallies):
    record(database, Ballot("one", "two", Verdict.A))
    held = read(running, database)
    record(database, Ballot("one", "two", Verdict.A), Ballot("two", "one", Verdict.TIE))
    assert read(running, database).num_votes == 3
    assert held.num_votes == 1


def test_contenders_are_added_when_they_are_first_voted_on_and_their_counts_stay_theirs(
    database: Database, running: RunningTallies
):
    ballots = [Ballot("zebra", "two", Verdict.B), Ballot("alpaca", "zebra", Verdict.A), Ballot("one", "two", Verdict.A)]
    for number, ballot in enumerate(ballots):
        record(database, Ballot(ballot.a, ballot.b, ballot.verdict, at=MORNING + timedelta(days=number)))
        grown = read(running, database)
        whole = read(RunningTallies(), database)
        assert (grown.among(whole.contenders).counts == whole.counts).all()
    assert grown.contenders == ("two", "zebra", "alpaca", "one")


def test_an_excluded_vote_is_taken_out(database: Database, running: RunningTallies):
    (battle,) = record(database, Ballot("one", "two", Verdict.A))
    assert read(running, database).num_votes == 1
    VoteExclusions(database).exclude(battles=[battle], reason="a test")
    assert read(running, database).num_votes == 0


def test_a_selection_by_day_is_refused_since_totals_know_no_days():
    with pytest.raises(AssertionError, match="totals know no days"):
        RunningTallies(Selection(since=MORNING.date()))
