"""Estimates: figures with errors, on the Elo scale."""

import math

import numpy as np
import pytest

from leaderboard.estimate import Estimate, Measured, critical_value, win_chance
from leaderboard.scale import ELO_PER_NAT


@pytest.fixture
def estimate() -> Estimate:
    """Two whose errors are shared in part, as errors around a mean are."""
    covariance = np.array([[0.04, -0.01], [-0.01, 0.09]])
    return Estimate.from_strengths(("x", "y"), np.array([math.log(10), 0.0]), covariance)


def test_odds_of_ten_are_four_hundred_points(estimate: Estimate):
    assert estimate.ratings == pytest.approx([1400, 1000])
    assert estimate.win_probabilities == pytest.approx(np.array([[0.5, 10 / 11], [1 / 11, 0.5]]))
    assert win_chance(400) == pytest.approx(10 / 11)
    assert win_chance(-400) == pytest.approx(1 / 11)


def test_the_error_of_a_difference_takes_the_shared_part_into_account(estimate: Estimate):
    difference = estimate.difference("x", "y")
    assert difference.value == pytest.approx(400)
    assert difference.error == pytest.approx(ELO_PER_NAT * math.sqrt(0.04 + 0.09 + 2 * 0.01))
    assert estimate.difference_errors == pytest.approx(np.array([[0, 1], [1, 0]]) * difference.error)
    assert estimate.errors == pytest.approx(ELO_PER_NAT * np.array([0.2, 0.3]))
    backwards = estimate.difference("y", "x")
    assert (backwards.value, backwards.error) == pytest.approx((-400, difference.error))


def test_an_interval_reaches_as_many_errors_as_its_level_asks():
    assert [critical_value(level) for level in (0.6826895, 0.95, 0.99)] == pytest.approx([1, 1.959964, 2.575829])
    assert Measured(10, 2).interval() == pytest.approx((10 - 3.919928, 10 + 3.919928))
    assert Measured(-10, 4).z == -2.5


def test_variances_that_rounding_made_negative_are_errors_of_zero():
    alike = Estimate(("x", "y"), np.zeros(2), np.array([[1.0, 1.0 + 1e-15], [1.0 + 1e-15, 1.0]]))
    assert alike.difference_errors.tolist() == [[0, 0], [0, 0]]


def test_a_stranger_to_the_board_has_no_difference(estimate: Estimate):
    with pytest.raises(ValueError, match="not in tuple"):
        estimate.difference("x", "z")
