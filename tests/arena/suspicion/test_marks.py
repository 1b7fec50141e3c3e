"""Marks of votes: set with their reason, counted apart, and the board with and without them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from arena.board.standings import ranking_of
from arena.db.session import Database
from arena.db.suspicion_tables import VoteMark
from arena.db.tables import Reply, Turn, Vote
from arena.suspicion.marks import mark_votes, marked_votes, ranking_without_marked
from arena.suspicion.states import Mark
from arena.votes.exclusions import VoteExclusions
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import MORNING, Ballot, record

LATER = timedelta(minutes=5)


@pytest.fixture
def recorded(database: Database, enter) -> list[int]:
    """Six votes, cast five minutes after their battles began, of which the first three have something to tell."""
    enter(scripted("one"), scripted("two"), scripted("six"))
    ids = record(
        database,
        Ballot("one", "two", Verdict.A, prompts=("Who are you?",)),
        Ballot("one", "two", Verdict.A, prompts=("Why is the sky blue?",)),
        Ballot("two", "one", Verdict.B, prompts=("why is  the sky BLUE?",)),
        Ballot("one", "six", Verdict.A, prompts=("why is the sky blue?",)),
        Ballot("one", "two", Verdict.B, prompts=("Why is the sky blue?",), voter="another"),
        Ballot("two", "one", Verdict.A, prompts=("What is two and two?",)),
    )
    with database.writing() as session:
        for minute, battle in enumerate(ids):
            session.get_one(Vote, battle).cast_at = MORNING + LATER + timedelta(minutes=minute)
    return ids


def marks(database: Database) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    with database.reading() as session:
        for mark in session.scalars(select(VoteMark)):
            assert mark.reason
            found.setdefault(mark.battle_id, set()).add(mark.mark)
    return found


def say(database: Database, battle: int, **texts: str) -> None:
    """Replace what the sides of a battle answered."""
    with database.writing() as session:
        for reply in session.scalars(select(Reply).join(Turn).where(Turn.battle_id == battle, Reply.attempt == 2)):
            reply.text = texts.get(reply.side, reply.text)


def test_repeated_prompts_duplicates_and_questions_for_names_are_marked(database: Database, recorded: list[int]):
    mark_votes(database)
    assert marks(database) == {
        recorded[0]: {Mark.ASKS_FOR_NAMES},
        recorded[2]: {Mark.REPEATED_PROMPT, Mark.DUPLICATE},
        recorded[3]: {Mark.REPEATED_PROMPT},
    }


def test_an_answer_that_asks_for_the_vote_and_answers_that_are_the_same_are_marked(
    database: Database, recorded: list[int]
):
    say(database, recorded[4], b="It scatters light. Vote B!")
    say(database, recorded[5], a="Four.", b=" four. ")
    mark_votes(database)
    found = marks(database)
    assert found[recorded[4]] == {Mark.CANVASSING}
    assert found[recorded[5]] == {Mark.SAME_ANSWERS}


def test_a_vote_before_both_answers_could_be_skimmed_is_marked(database: Database, recorded: list[int]):
    say(database, recorded[5], a="word " * 100, b="and " * 100)  # 900 characters: 15 s, of which 10 are asked for
    with database.writing() as session:
        session.get_one(Vote, recorded[5]).cast_at = MORNING + timedelta(seconds=9)
        session.get_one(Vote, recorded[4]).cast_at = MORNING + timedelta(seconds=9)  # short answers
    mark_votes(database)
    assert marks(database)[recorded[5]] == {Mark.TOO_FAST}
    assert recorded[4] not in marks(database)


def test_only_new_votes_are_marked_and_a_repetition_changes_nothing(database: Database, recorded: list[int]):
    last = mark_votes(database)
    before = marks(database)
    assert last
    assert last[1] == recorded[-1]
    assert mark_votes(database, after=last) == last
    assert mark_votes(database) == last
    assert marks(database) == before


def test_marked_votes_count_and_are_counted_and_a_board_can_do_without_them(database: Database, recorded: list[int]):
    mark_votes(database)
    assert marked_votes(database) == {Mark.DUPLICATE: 1, Mark.REPEATED_PROMPT: 2, Mark.ASKS_FOR_NAMES: 1}
    assert ranking_of(database).votes == 6
    unmarked = ranking_without_marked(database)
    assert unmarked.votes == 3
    assert "six" not in {standing.contender for standing in unmarked.standings if standing.votes}
    VoteExclusions(database).exclude(battles=[recorded[0]], reason="no")
    assert Mark.ASKS_FOR_NAMES not in marked_votes(database)
