from collections.abc import Callable
from dataclasses import replace

import pytest

from arena.board.depth import in_depth, look_in_depth
from arena.db.session import Database
from arena.votes.exclusions import VoteExclusions
from arena.votes.single_votes import single_votes
from leaderboard import Tallies, Verdict
from leaderboard.verdict import VERDICTS
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import Ballot, record

Enter = Callable[..., None]


@pytest.fixture
def voted(database: Database, enter: Enter) -> Database:
    """Three contenders, three voters, three prompts; one contender that nobody met."""
    enter(*map(scripted, ["one", "two", "three", "nobody"]))
    pairs = [("one", "two"), ("two", "three"), ("three", "one"), ("one", "three")]
    record(
        database,
        *(
            Ballot(a, b, verdict, voter=voter, prompts=(prompt,))
            for a, b in pairs
            for verdict in (Verdict.A, Verdict.A, Verdict.B, Verdict.TIE)
            for voter, prompt in (("ann", "Hello?"), ("bob", " hello? "), ("cid", "Who?"), ("cid", "Why?"))
        ),
    )
    return database


def test_votes_come_one_by_one_in_their_order(voted: Database):
    VoteExclusions(voted).exclude(battles=[1], reason="a test")
    with voted.reading() as session:
        votes, newest = single_votes(session), single_votes(session, newest=2)
    assert len(votes) == 63
    assert [votes.contenders[place] for place in (votes.left[0], votes.right[0])] == ["one", "two"]
    assert [VERDICTS[place] for place in newest.verdict] == [Verdict.TIE, Verdict.TIE]
    assert votes.extra["voter"].nunique() == 3
    assert votes.extra["prompt"].nunique() == 3
    assert (votes.extra["probability"] > 0).all()


def test_every_other_way_of_looking_has_a_figure_for_everybody_who_was_rated(voted: Database):
    depth = look_in_depth(voted)
    assert (depth.votes, depth.single_votes, depth.voters, depth.prompts) == (64, 64, 3, 3)
    assert {row.contender for row in depth.rows} == {"one", "two", "three"}
    for row in depth.rows:
        unknown = {name for name in row.__dataclass_fields__ if getattr(row, name) is None}
        assert unknown <= {"overturn"}  # nobody stands below the last
        assert min(row.by_voter or 0, row.by_prompt or 0) >= 1  # who agrees well by chance is no evidence
    assert sum(row.first for row in depth.rows) == pytest.approx(1)
    assert depth.critical_value
    assert depth.critical_value > 1.96
    assert replace(look_in_depth(voted), as_of=depth.as_of) == depth


def test_where_votes_do_not_tell_nothing_is_said(database: Database, enter: Enter):
    enter(*map(scripted, ["one", "two"]))
    assert look_in_depth(database).rows == ()
    record(database, Ballot("one", "two", Verdict.A))
    depth = look_in_depth(database)
    assert {row.davidson for row in depth.rows} == {None}
    assert depth.side is None


def test_one_sided_votes_are_no_failure(voted: Database):
    with voted.reading() as session:
        votes = single_votes(session, newest=1)
    assert in_depth(Tallies.from_votes(votes), votes).rows


def test_of_two_voters_nothing_is_said(database: Database, enter: Enter):
    enter(*map(scripted, ["one", "two"]))
    verdicts = [Verdict.A, Verdict.B] * 5
    record(database, *(Ballot("one", "two", verdict, voter=f"v{n % 2}") for n, verdict in enumerate(verdicts)))
    assert {row.by_voter for row in look_in_depth(database).rows} == {None}
