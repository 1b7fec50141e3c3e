import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from leaderboard import Tallies, rank
from leaderboard.clusters import cluster_robust
from leaderboard.estimate import Estimate
from leaderboard.rank_sets import marginal, probability_first, rank_sets, simultaneous
from leaderboard.simulation import random_pairs
from leaderboard.votes import Votes


def independent(ratings: list[float], error: float) -> Estimate:
    names = tuple(f"c{i}" for i in range(len(ratings)))
    return Estimate(names, np.array(ratings), error**2 * np.eye(len(ratings)))


def test_marginal_sets_by_hand():
    """Errors of 10 make a difference sure from 1.96 · √2 · 10 = 27.7 points on."""
    sets = marginal(independent([100, 75, 70, 40], error=10))
    assert sets.best.tolist() == [1, 1, 2, 4]
    assert sets.worst.tolist() == [2, 3, 3, 4]
    assert sets.mean_width == pytest.approx((1 + 2 + 1 + 0) / 4)


def test_overlapping_intervals_may_still_be_sure_of_an_order():
    estimate = independent([30, 0], error=10)
    assert estimate.ratings[1] + 1.96 * 10 > estimate.ratings[0] - 1.96 * 10
    assert marginal(estimate).worst.tolist() == [1, 2]


def test_a_shared_error_does_not_blur_an_order():
    estimate = Estimate(("x", "y"), np.array([5.0, 0.0]), np.full((2, 2), 400.0) + np.eye(2))
    assert marginal(estimate).worst.tolist() == [1, 2]


def test_simultaneous_sets_use_a_larger_value_and_hold_the_marginal_ones(tallies: Tallies, rng: np.random.Generator):
    estimate = rank(tallies).boards[0]
    narrow, wide = marginal(estimate), simultaneous(estimate, rng)
    assert narrow.critical_value == pytest.approx(1.959964)
    # Between a single comparison's value and Bonferroni's for 28 pairs.
    assert narrow.critical_value < wide.critical_value < 3.13
    assert (wide.best <= narrow.best).all()
    assert (wide.worst >= narrow.worst).all()


def test_simultaneous_value_of_two_contenders_is_the_marginal_one(rng: np.random.Generator):
    assert simultaneous(independent([0, 1], 1), rng, draws=20_000).critical_value == pytest.approx(1.96, abs=0.03)


def test_simultaneous_value_of_three_equals_is_tukey_s(rng: np.random.Generator):
    """The studentised range of three with known variance: 3.314 / √2."""
    value = simultaneous(independent([0, 0, 0], 1), rng, draws=20_000).critical_value
    assert value == pytest.approx(3.314 / 2**0.5, abs=0.04)


def test_probability_of_being_first_by_hand(rng: np.random.Generator):
    shares = probability_first(independent([10, 0], error=10), rng, draws=20_000)
    assert shares == pytest.approx([ndtr(2**-0.5), ndtr(-(2**-0.5))], abs=0.015)


def test_sets_of_a_single_contender_are_the_first_rank(rng: np.random.Generator):
    alone = independent([0], error=1)
    assert (marginal(alone).worst, simultaneous(alone, rng).worst) == (np.array([1]), np.array([1]))


def test_sets_that_hold_at_once_hold_where_three_raters_have_tastes(rng: np.random.Generator):
    """Of eight equals, whom each rater likes more or less. By single differences a third are wrong."""
    wrong = {True: 0, False: 0}
    rater = np.arange(600) % 3
    for _ in range(25):
        liked = rng.normal(0, 0.6, (3, 8))
        pairs = random_pairs(8, 600, rng)
        gap = liked[rater, pairs[:, 0]] - liked[rater, pairs[:, 1]]
        verdict = (rng.random(600) > 1 / (1 + np.exp(-gap))).astype(np.int8)
        names = tuple("abcdefgh")
        votes = Votes(names, pairs[:, 0].astype(np.int32), pairs[:, 1].astype(np.int32), verdict, pd.DataFrame())
        estimate = cluster_robust(votes, pd.DataFrame({"rater": rater}))
        for at_once in (True, False):
            sets = rank_sets(estimate, at_once=at_once)
            wrong[at_once] += bool((sets.best > 1).any())
    assert wrong[True] <= 3 < wrong[False]
