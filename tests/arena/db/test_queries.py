from collections.abc import Callable

import pytest

from arena.db import queries
from arena.db.session import Database
from arena.db.tables import Battle, Vote
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import Ballot, record

Enter = Callable[..., None]


@pytest.fixture
def voted(database: Database, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Seven votes, which come in batches of three."""
    monkeypatch.setattr(queries, "BATCH", 3)
    enter(scripted("one"), scripted("two"))
    verdicts = [Verdict.A, Verdict.B, Verdict.TIE, Verdict.A, Verdict.B, Verdict.A, Verdict.BOTH_BAD]
    return record(database, *(Ballot("one", "two", verdict, prompts=("Hello?", "And?")) for verdict in verdicts))


def test_voted_battles_come_in_batches_each_once_and_in_order(database: Database, voted: list[int]):
    with database.reading() as session:
        batches = [[battle.id for battle in batch] for batch in queries.voted_battles(session)]
    assert batches == [voted[:3], voted[3:6], voted[6:]]


def test_batches_pass_over_what_is_not_asked_for(database: Database, voted: list[int]):
    with database.reading() as session:
        batches = list(queries.voted_battles(session, Vote.verdict == Verdict.A))
    assert [battle.id for batch in batches for battle in batch] == [voted[0], voted[3], voted[5]]


def test_a_voted_battle_comes_with_all_that_is_told_of_it(database: Database, voted: list[int]):
    with database.reading() as session:
        first, *_ = queries.next_voted_battles(session, voted[4])
    # The session is closed: nothing can be read later.
    assert first.id == voted[5]
    assert first.vote is not None
    assert first.label is not None
    assert (first.contender_a.slug, first.contender_b.slug, first.vote.verdict) == ("one", "two", Verdict.A)
    assert first.label.slice.mode == "several turns"
    assert [turn.current("b").text for turn in first.turns] == ["two answers Hello?", "two answers And?"]


def test_only_one_batch_is_in_memory_at_a_time(database: Database, voted: list[int]):
    with database.reading() as session:
        in_memory = [
            sum(isinstance(row, Battle) for row in session.identity_map.values())
            for _ in queries.voted_battles(session)
        ]
    assert in_memory == [3, 3, 1]
