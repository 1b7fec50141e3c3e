import numpy as np
import pandas as pd
import pytest
from hypothesis import given

from leaderboard import Tallies, Verdict
from leaderboard.errors import BadVotes
from leaderboard.verdict import BOTH_BAD, TIE, VERDICTS, A, B
from tests.leaderboard.strategies import Row, rows


def test_counts_keep_sides_and_verdicts_apart():
    tallies = Tallies.from_counts(
        [
            ("x", "y", Verdict.A, 3),
            ("y", "x", Verdict.A, 2),
            ("x", "y", Verdict.TIE, 1),
            ("x", "y", Verdict.BOTH_BAD, 4),
        ]
    )
    assert tallies.contenders == ("x", "y")
    assert tallies.counts[0, 1].tolist() == [3, 0, 1, 4]
    assert tallies.counts[1, 0].tolist() == [2, 0, 0, 0]
    assert tallies.num_votes == 10


def test_record_joins_sides_and_counts_both_bad_as_a_tie():
    record = Tallies.from_counts(
        [
            ("x", "y", Verdict.A, 3),
            ("y", "x", Verdict.B, 2),
            ("y", "x", Verdict.TIE, 1),
            ("x", "y", Verdict.BOTH_BAD, 4),
        ]
    ).record
    assert record.wins.tolist() == [[0, 5], [0, 0]]
    assert record.ties.tolist() == [[0, 5], [5, 0]]
    assert record.scores.tolist() == [[0, 7.5], [2.5, 0]]
    assert record.battles.tolist() == [[0, 10], [10, 0]]


def test_verdicts_may_be_plain_text_as_a_database_returns_them():
    assert Tallies.from_counts([("x", "y", "both_bad", 1)]).counts[0, 1, BOTH_BAD] == 1


@given(rows(), rows())
def test_taking_votes_back_and_adding_them_again_restores_every_count(kept: list[Row], retracted: list[Row]):
    before = Tallies.from_counts([*kept, *retracted])
    negative = [(left, right, verdict, -count) for left, right, verdict, count in retracted]
    without = Tallies.from_counts([*kept, *retracted, *negative])
    after = Tallies.from_counts([*kept, *retracted, *negative, *retracted])
    assert np.array_equal(without.counts, Tallies.from_counts(kept).among(without.contenders).counts)
    assert np.array_equal(after.counts, before.counts)


def test_impossible_tallies_are_refused_with_every_fault():
    with pytest.raises(BadVotes) as refusal:
        Tallies.from_counts([("x", "x", Verdict.A, 1), ("x", "y", Verdict.TIE, -2), ("y", "x", Verdict.A, 1)])
    assert refusal.value.faults == ("`x` meets itself", "`x` against `y`, tie: -2 votes")


def test_an_unknown_verdict_is_refused():
    with pytest.raises(BadVotes, match="`draw`"):
        Tallies.from_counts([("x", "y", "draw", 1)])


@given(rows(), rows())
def test_later_rows_are_added_as_if_all_had_come_at_once(earlier: list[Row], later: list[Row]):
    added, at_once = Tallies.from_counts(earlier).plus(later), Tallies.from_counts([*earlier, *later])
    assert added.contenders == at_once.contenders
    assert np.array_equal(added.counts, at_once.counts)


def test_adding_rows_leaves_the_tallies_as_they_were_and_refuses_what_cannot_be():
    tallies = Tallies.from_counts([("x", "y", Verdict.A, 1)])
    assert tallies.plus([("x", "y", Verdict.A, -1), ("y", "z", Verdict.A, 2)]).num_votes == 2
    assert tallies.num_votes == 1
    with pytest.raises(BadVotes, match="-1 votes"):
        tallies.plus([("x", "y", Verdict.A, -2)])


def test_rows_ids_and_frames_give_the_same_tallies():
    rows = [("x", "y", Verdict.A, 2), ("z", "x", Verdict.BOTH_BAD, 1), ("y", "z", Verdict.B, 1)]
    left, right, verdict = [0, 0, 2, 1], [1, 1, 0, 2], [A, A, BOTH_BAD, B]
    frame = pd.DataFrame(
        {"model_a": list("xxzy"), "model_b": list("yyxz"), "winner": ["model_a", "model_a", "both_bad", "model_b"]}
    )
    expected = Tallies.from_counts(rows).counts
    arrays = [np.array(column, dtype=np.int16) for column in (left, right, verdict)]
    assert np.array_equal(Tallies.from_ids(("x", "y", "z"), *arrays).counts, expected)
    assert np.array_equal(Tallies.from_votes(frame).counts, expected)


def test_many_votes_are_counted_in_several_steps(rng: np.random.Generator):
    left = rng.integers(0, 3, 400_000)
    right = (left + 1) % 3
    verdict = rng.integers(0, len(VERDICTS), 400_000)
    counts = Tallies.from_ids("xyz", left, right, verdict).counts
    assert counts.sum() == 400_000
    assert counts[1, 2, TIE] == ((left == 1) & (verdict == TIE)).sum()


def test_weights_are_summed_plain_and_squared():
    tallies = Tallies.from_ids(
        "xy", np.array([0, 0, 1]), np.array([1, 1, 0]), np.array([A, A, TIE]), weights=np.array([0.5, 2.0, 3.0])
    )
    assert tallies.record.wins[0, 1] == 2.5
    assert tallies.squared_record.wins[0, 1] == 4.25
    assert tallies.record.ties.tolist() == [[0, 3], [3, 0]]
    assert tallies.counted.wins[0, 1] == 2


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan, np.inf])
def test_a_weight_that_weighs_nothing_is_refused(weight: float):
    with pytest.raises(ValueError, match="weight above zero"):
        Tallies.from_ids("xy", np.array([0]), np.array([1]), np.array([A]), weights=np.array([weight]))


def test_among_keeps_the_order_asked_for_and_knows_newcomers():
    tallies = Tallies.from_counts([("x", "y", Verdict.A, 3), ("y", "z", Verdict.B, 2)])
    some = tallies.among(["z", "new", "y"])
    assert some.contenders == ("z", "new", "y")
    assert some.counts[2, 0, B] == 2
    assert some.num_votes == 2


def test_among_keeps_weights():
    tallies = Tallies.from_ids("xy", np.array([0]), np.array([1]), np.array([A]), weights=np.array([3.0]))
    some = tallies.among(["y", "x"])
    assert some.record.wins[1, 0] == 3
    assert some.squared_record.wins[1, 0] == 9
