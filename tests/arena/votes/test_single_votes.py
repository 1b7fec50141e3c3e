"""The votes that count, one by one, with who voted, on what, and how likely the pair was."""

import pytest

from arena.db.session import Database
from arena.votes.exclusions import VoteExclusions
from arena.votes.single_votes import single_votes
from leaderboard import Votes
from leaderboard.verdict import VERDICTS, Verdict
from tests.arena.conftest import Enter, scripted
from tests.arena.recorded_votes import Ballot, record


@pytest.fixture
def recorded(database: Database, enter: Enter) -> list[int]:
    enter(scripted("two"), scripted("one"))
    return record(
        database,
        Ballot("two", "one", Verdict.A, voter="ann", prompts=("Hello?", "And?")),
        Ballot("one", "two", Verdict.BOTH_BAD, voter="bob", prompts=(" hello? ",)),
        Ballot("one", "two", Verdict.TIE, voter="ann", prompts=("Why?",)),
    )


def read(database: Database, *, newest: int | None = None) -> Votes:
    with database.reading() as session:
        return single_votes(session, newest=newest)


def sides(votes: Votes) -> list[tuple[str, str, Verdict]]:
    columns = zip(votes.left, votes.right, votes.verdict, strict=True)
    return [(votes.contenders[a], votes.contenders[b], VERDICTS[verdict]) for a, b, verdict in columns]


def test_votes_come_from_the_oldest_battle_to_the_newest(database: Database, recorded: list[int]):
    everything = [("two", "one", Verdict.A), ("one", "two", Verdict.BOTH_BAD), ("one", "two", Verdict.TIE)]
    assert sides(read(database)) == everything
    assert sides(read(database, newest=2)) == everything[1:]


def test_voters_and_first_prompts_are_told_apart_however_a_prompt_is_spelled(database: Database, recorded: list[int]):
    extra = read(database).extra
    first, second, third = extra["voter"]
    assert first == third != second
    first, second, third = extra["prompt"]
    assert first == second != third
    assert [*extra["probability"]] == [1.0] * 3


def test_excluded_votes_are_left_out_and_no_votes_are_an_empty_table(database: Database, recorded: list[int]):
    VoteExclusions(database).exclude(battles=recorded[:2], reason="a test")
    assert sides(read(database)) == [("one", "two", Verdict.TIE)]
    VoteExclusions(database).exclude(battles=recorded, reason="a test")
    assert sides(read(database)) == []
