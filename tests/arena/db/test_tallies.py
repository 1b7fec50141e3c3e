"""Tallies while several change what counts at the same time, as the processes of an arena on PostgreSQL do.

Which of two comes first is settled here by the tests, not by the clock: one goes on once the other is done or waits.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select, text

from arena.board.standings import standings_of
from arena.db import tallies
from arena.db.session import Database
from arena.db.tables import Contender
from arena.votes.exclusions import VoteExclusions
from arena.votes.running_tallies import RunningTallies
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import MORNING, Ballot, record

pytestmark = pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
LOOKS = 500  # at whether the other is done or waits; one is enough unless the machine is busy


@pytest.fixture
def recorded(database: Database, enter: Callable[..., None]) -> list[int]:
    """Two votes of one voter."""
    enter(scripted("one"), scripted("two"), scripted("three"))
    return record(database, Ballot("one", "two", Verdict.A, voter="ann"), Ballot("one", "two", Verdict.B, voter="ann"))


class Meanwhile:
    """Something that another session does at the same time."""

    def __init__(self, database: Database, work: Callable[[], object]) -> None:
        self._database = database
        self._faults: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, args=(work,))
        self._thread.start()

    def until_done_or_waiting(self) -> None:
        """Return when it is done, or waits for a lock of the database."""
        for _ in range(LOOKS):
            self._thread.join(timeout=0.02)
            if not self._thread.is_alive() or self._waits():
                return
        raise AssertionError("it neither ends nor waits")

    def until_done(self) -> None:
        """Return when it is done."""
        self._thread.join()
        assert not self._faults

    def _run(self, work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # told to the test, which would not hear of it otherwise
            self._faults.append(error)

    def _waits(self) -> bool:
        here = "datname = current_database() AND wait_event_type = 'Lock'"
        with self._database.engine.connect() as connection:
            return bool(connection.scalar(text(f"SELECT count(*) FROM pg_stat_activity WHERE {here}")))


@contextmanager
def before_the_next(words: str, do: Callable[[], object], database: Database) -> Iterator[None]:
    """Run `do` once, before the first statement that begins with `words` is sent by this thread."""
    mine, pending = threading.get_ident(), [do]

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if pending and threading.get_ident() == mine and statement.startswith(words):
            pending.pop()()

    event.listen(database.engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", look)
    assert not pending, f"nothing began with {words}"


def agree(database: Database) -> bool:
    return tallies.rebuild(database) == ()


def test_who_reads_what_is_new_misses_no_vote_of_two_that_are_cast_at_the_same_time(
    database: Database, recorded: list[int]
):
    running = RunningTallies()

    def num_votes() -> int:
        with database.reading() as session:
            return running.read(session).num_votes

    assert num_votes() == 2
    with database.writing() as session:
        ids = dict(session.execute(select(Contender.slug, Contender.id)).all())
        tallies.add(session, [tallies.Delta(MORNING.date(), ids["one"], ids["two"], Verdict.TIE)])
        other = Meanwhile(database, lambda: record(database, Ballot("one", "three", Verdict.A)))
        other.until_done_or_waiting()
        num_votes()
    other.until_done()
    assert num_votes() == standings_of(database).tallies.num_votes == 4


def test_a_vote_cast_while_its_voter_is_excluded_is_counted_or_excluded_but_not_half_of_each(
    database: Database, recorded: list[int]
):
    exclusions = VoteExclusions(database)
    others: list[Meanwhile] = []

    def cast() -> None:
        others.append(Meanwhile(database, lambda: record(database, Ballot("two", "one", Verdict.A, voter="ann"))))
        others[0].until_done_or_waiting()

    with before_the_next("UPDATE votes", cast, database):
        done = exclusions.exclude(voters=exclusions.voters_of(recorded), reason="a robot")
    others[0].until_done()
    assert done.num_votes == sum(exclusions.votes_by_reason().values())
    assert agree(database)


def test_two_who_recount_at_the_same_time_correct_once(database: Database, recorded: list[int]):
    with database.writing() as session:
        session.execute(text("UPDATE tallies SET count = count + 3"))
        session.execute(text("UPDATE totals SET count = count + 3"))
    others: list[Meanwhile] = []

    def recount() -> None:
        others.append(Meanwhile(database, lambda: tallies.rebuild(database)))
        others[0].until_done_or_waiting()

    with before_the_next("INSERT INTO tallies", recount, database):
        assert len(tallies.rebuild(database)) == 4
    others[0].until_done()
    assert agree(database)


def test_a_vote_cast_during_a_recount_is_counted_once_and_seen_by_who_reads_what_is_new(
    database: Database, recorded: list[int]
):
    running = RunningTallies()

    def num_votes() -> int:
        with database.reading() as session:
            return running.read(session).num_votes

    with database.writing() as session:
        session.execute(text("UPDATE totals SET count = count + 3"))
    assert num_votes() == 8
    others: list[Meanwhile] = []

    def cast() -> None:
        others.append(Meanwhile(database, lambda: record(database, Ballot("one", "three", Verdict.A))))
        others[0].until_done_or_waiting()
        num_votes()

    # The contenders' names are read last: all is corrected by then, and nothing committed.
    with before_the_next("SELECT contenders.id, contenders.slug", cast, database):
        tallies.rebuild(database)
    others[0].until_done()
    assert num_votes() == 3
    assert agree(database)
