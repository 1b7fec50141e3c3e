"""Chances of sums, against their exact distribution."""

from itertools import product

import numpy as np
import pytest
from scipy.special import ndtr

from leaderboard.suspicion.expected import ExpectedVotes
from leaderboard.suspicion.tails import upper_tails


def exactly(observed: float, mean: np.ndarray, tie: np.ndarray, noise: float) -> float:
    """Return the chance by going through all outcomes."""
    chance = 0.0
    for outcomes in product((1.0, 0.5, 0.0), repeat=len(mean)):
        each = [{1.0: m - t / 2, 0.5: t, 0.0: 1 - m - t / 2}[y] for y, m, t in zip(outcomes, mean, tie, strict=True)]
        total = float(np.sum(np.array(outcomes) - mean))
        chance += float(np.prod(each)) * ndtr((total - observed) / np.sqrt(noise))
    return chance


@pytest.mark.parametrize(
    ("mean", "observed"), [([0.5] * 8, 3.0), ([0.2] * 7, 3.5), ([0.9] * 8, 0.7), ([0.1, 0.5, 0.9] * 2, 2.0)]
)
def test_a_chance_is_near_the_exact_one(mean: list[float], observed: float):
    means = np.array(mean)
    tie = 0.3 * np.minimum(means, 1 - means)
    chance = upper_tails(
        np.array([observed]), np.zeros(len(mean), int), np.ones(len(mean)), ExpectedVotes(means, tie), np.array([0.3])
    )
    assert chance[0] == pytest.approx(exactly(observed, means, tie, 0.3), rel=0.15)


def test_one_upset_of_a_favourite_is_as_rare_as_it_is_and_not_one_in_a_million():
    upset = upper_tails(
        np.array([0.97]), np.zeros(1, int), np.ones(1), ExpectedVotes(np.array([0.03]), np.zeros(1)), np.array([0.01])
    )
    assert 0.005 < upset[0] < 0.06  # the normal score is 5.7


def test_groups_are_judged_apart_and_a_larger_sum_is_rarer():
    group = np.repeat([0, 1, 2], 10)
    even = ExpectedVotes(np.full(30, 0.5), np.full(30, 0.1))
    chances = upper_tails(np.array([0.0, 2.0, 5.0]), group, np.ones(30), even, np.full(3, 0.1))
    assert chances[0] == pytest.approx(0.5, abs=0.01)
    assert chances[0] > 4 * chances[1] > 400 * chances[2] > 0
