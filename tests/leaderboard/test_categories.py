import numpy as np
import pytest

from leaderboard import Tallies, Verdict, rank
from leaderboard.categories import rate_category
from leaderboard.simulation import random_pairs, simulated_votes

STRENGTHS = np.linspace(1, -1, 8)


def category(strengths: np.ndarray, num_votes: int, seed: int) -> Tallies:
    rng = np.random.default_rng(seed)
    return Tallies.from_votes(simulated_votes(strengths, random_pairs(8, num_votes, rng), rng))


@pytest.fixture(scope="module")
def overall() -> Tallies:
    return category(STRENGTHS, 20_000, seed=1)


def test_a_category_without_votes_shows_the_overall_ratings(overall: Tallies):
    fit, plain = rate_category(overall, Tallies.from_counts([])), rank(overall).boards[0]
    assert fit.estimate.ratings == pytest.approx(plain.ratings, abs=1e-6)
    assert (fit.estimate.errors >= plain.errors - 1e-9).all()


def test_a_category_of_noise_is_drawn_to_the_overall_ratings(overall: Tallies):
    plain = rank(overall).boards[0].ratings
    own_misses, shrunk_misses = [], []
    for seed in range(2, 12):
        votes = category(STRENGTHS, 300, seed)
        shrunk_misses.append(np.abs(rate_category(overall, votes).estimate.ratings - plain).mean())
        own_misses.append(np.abs(rank(votes).boards[0].ratings - plain).mean())
    assert np.mean(shrunk_misses) < np.mean(own_misses) / 3


def test_a_category_of_substance_keeps_its_own_order(overall: Tallies):
    fit = rate_category(overall, category(-STRENGTHS, 5_000, seed=3))
    truth = 1000 - STRENGTHS * 400 / np.log(10)
    assert np.abs(fit.estimate.ratings - truth).max() < 30
    assert fit.spread > 100
    assert fit.shift["contender-0"].z < -10


def test_shifts_sum_to_zero(overall: Tallies):
    shift = rate_category(overall, category(-STRENGTHS, 500, seed=4)).shift
    assert sum(value.value for value in shift.values()) == pytest.approx(0, abs=1e-6)


def test_the_intervals_of_shifts_hold_the_truth(overall: Tallies):
    moved = STRENGTHS + np.array([0.4, -0.4, 0.3, -0.3, 0.2, -0.2, 0.1, -0.1])
    truth = (moved - STRENGTHS) * 400 / np.log(10)
    inside = []
    for seed in range(40):
        shift = rate_category(overall, category(moved, 1_000, seed)).shift
        bounds = [measured.interval() for measured in shift.values()]
        inside += [low <= true <= high for (low, high), true in zip(bounds, truth, strict=True)]
    assert 0.90 < np.mean(inside) < 0.99


def test_one_sided_votes_in_a_category_stay_finite(overall: Tallies):
    fit = rate_category(overall, Tallies.from_counts([("contender-7", "contender-0", Verdict.A, 40)]))
    assert np.isfinite(fit.estimate.covariance).all()
    assert 0 < fit.shift["contender-7"].value < 1000


def test_contenders_unknown_overall_are_not_rated(overall: Tallies):
    fit = rate_category(overall, Tallies.from_counts([("stranger", "contender-0", Verdict.A, 4)]))
    assert fit.estimate.contenders == overall.contenders
