"""The sandwich, by hand and by the sum over single votes."""

import math

import numpy as np
import pytest
from hypothesis import given

from leaderboard import Tallies, Verdict
from leaderboard.bradley_terry import fit
from leaderboard.covariance import sandwich, unseen_decisions
from tests.leaderboard.strategies import Row, connected_rows


def test_error_of_two_contenders_by_hand():
    """Four votes at p = 5/8: H = 4·15/64, B = 2·(3/8)² + (5/8)² + (1/8)²; the mean lies halfway."""
    tallies = Tallies.from_counts([("x", "y", Verdict.A, 2), ("x", "y", Verdict.B, 1), ("x", "y", Verdict.TIE, 1)])
    variance = (2 * 9 / 64 + 25 / 64 + 1 / 64) / (4 * 15 / 64) ** 2
    covariance = sandwich(fit(tallies.record), tallies)
    assert covariance == pytest.approx(np.array([[1, -1], [-1, 1]]) * variance / 4, rel=1e-9)


def test_a_perfect_cycle_makes_equals_with_the_error_of_a_triangle():
    rows = [(winner, loser, Verdict.A, 10) for winner, loser in ("xy", "yz", "zx")]
    rows += [(winner, loser, Verdict.B, 5) for winner, loser in ("xy", "yz", "zx")]
    tallies = Tallies.from_counts(rows)
    result = fit(tallies.record)
    assert result.strengths == pytest.approx([0, 0, 0], abs=1e-12)
    # Each pair's weight is 15/4 and the triangle's eigenvalue 3.
    variance = np.diag(sandwich(result, tallies))
    assert variance == pytest.approx([2 / 3 / (15 / 4 * 3)] * 3, rel=1e-12)


@given(connected_rows())
def test_sandwich_equals_the_sum_over_single_votes(drawn: list[Row]):
    tallies = Tallies.from_counts(drawn)
    result = fit(tallies.record)
    size = len(tallies.contenders)
    meat, information = np.zeros((2, size, size))
    for left, right, verdict, count in drawn:
        contrast = np.zeros(size)
        contrast[tallies.contenders.index(left)], contrast[tallies.contenders.index(right)] = 1, -1
        chance = 1 / (1 + math.exp(-contrast @ result.strengths))
        outcome = {Verdict.A: 1.0, Verdict.B: 0.0}.get(verdict, 0.5)
        meat += count * (outcome - chance) ** 2 * np.outer(contrast, contrast)
        information += count * chance * (1 - chance) * np.outer(contrast, contrast)
    bread = np.linalg.pinv(information)
    assert sandwich(result, tallies) == pytest.approx(bread @ meat @ bread, rel=1e-7, abs=1e-10)


def test_votes_of_weight_two_vary_as_much_as_votes_counted_twice_together():
    """Doubling weights changes neither ratings nor errors; doubling votes halves the variance."""
    votes = [("x", "y", verdict) for verdict in (Verdict.A, Verdict.A, Verdict.B, Verdict.TIE)]
    frame = {"left": [0] * 4, "right": [1] * 4, "verdict": [0, 0, 1, 2]}
    columns = {name: np.array(values) for name, values in frame.items()}
    heavy = Tallies.from_ids(("x", "y"), **columns, weights=np.full(4, 2.0))
    single, double = (Tallies.from_counts([(*vote, times) for vote in votes]) for times in (1, 2))
    weighted, once, twice = (sandwich(fit(tallies.record), tallies) for tallies in (heavy, single, double))
    assert weighted == pytest.approx(once, rel=1e-9)
    assert twice == pytest.approx(once / 2, rel=1e-9)


def test_parts_that_only_ties_join_get_the_variance_of_three_even_votes():
    rows = [("x", "y", verdict, 5) for verdict in (Verdict.A, Verdict.B)] + [("y", "z", Verdict.TIE, 8)]
    added = unseen_decisions(Tallies.from_counts(rows))
    assert added == pytest.approx(np.array([[0, 0, 0], [0, 1, -1], [0, -1, 1]]) * 3 / 4)


def test_a_board_that_decisive_votes_connect_gets_no_such_variance(tallies: Tallies):
    assert not unseen_decisions(tallies).any()
