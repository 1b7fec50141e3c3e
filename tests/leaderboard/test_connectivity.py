"""Boards: who can be compared with whom, before anything is fitted."""

import numpy as np
import pytest
from hypothesis import given
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from leaderboard import Tallies, Verdict
from leaderboard.connectivity import boards, groups, largest_core
from leaderboard.errors import NotEstimable
from tests.leaderboard.strategies import Row, rows

EVEN = [("ada", "bob", Verdict.A, 2), ("ada", "bob", Verdict.B, 2)]


def named(*drawn: Row) -> list[tuple[str, str]]:
    """Return the core and the attached of each board, each as the names' first letters."""
    tallies = Tallies.from_counts(drawn)
    return [
        (
            "".join(tallies.contenders[at][0] for at in board.core),
            "".join(tallies.contenders[at][0] for at in board.attached),
        )
        for board in boards(tallies.counted)
    ]


def test_a_chain_of_winners_belongs_to_the_core_at_its_end():
    assert named(*EVEN, ("cyd", "ada", Verdict.A, 2), ("dot", "cyd", Verdict.A, 2)) == [("ab", "cd")]


def test_a_field_without_an_upset_is_a_board_without_a_core():
    assert named(("ada", "bob", Verdict.A, 3), ("bob", "cyd", Verdict.A, 3)) == [("", "abc")]


def test_a_single_tie_makes_no_core_and_two_do():
    assert named(("ada", "bob", Verdict.TIE, 1)) == [("", "ab")]
    assert named(("ada", "bob", Verdict.TIE, 2)) == [("ab", "")]


def test_of_cores_equal_in_size_the_one_with_more_votes_comes_first():
    late = [("yak", "zoe", Verdict.A, 9), ("yak", "zoe", Verdict.B, 9)]
    assert named(*EVEN, *late) == [("yz", ""), ("ab", "")]


@given(rows())
def test_everyone_with_a_vote_is_on_exactly_one_board(drawn: list[Row]):
    record = Tallies.from_counts(drawn).counted
    found = [place for board in boards(record) for place in (*board.core, *board.attached)]
    assert sorted(found) == np.flatnonzero(record.battles.any(axis=1)).tolist()


@given(rows())
@pytest.mark.parametrize("strong", [True, False])
def test_groups_are_those_of_a_graph_library(strong: bool, drawn: list[Row]):
    links = Tallies.from_counts(drawn).counted.scores > 0
    kind = "strong" if strong else "weak"
    expected = connected_components(csr_array(links.astype(int)), directed=True, connection=kind)[1]
    ours = groups(links, strong=strong)
    assert ((ours[:, None] == ours) == (expected[:, None] == expected)).all()


def test_the_largest_core_keeps_its_votes_and_leaves_the_others_out():
    core = largest_core(Tallies.from_counts([*EVEN, ("cyd", "ada", Verdict.A, 7)]))
    assert (core.contenders, core.num_votes) == (("ada", "bob"), 4)


def test_votes_that_connect_nobody_are_refused_with_what_to_do():
    with pytest.raises(NotEstimable, match="No two contenders are connected") as refused:
        largest_core(Tallies.from_counts([("ada", "bob", Verdict.A, 3)]))
    assert refused.value.hint == "Collect more votes."
