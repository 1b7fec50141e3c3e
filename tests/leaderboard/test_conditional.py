"""Attached contenders: an estimate under a prior, which moves nobody else."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from leaderboard import Tallies, Verdict
from leaderboard.bradley_terry import Fit, fit
from leaderboard.conditional import PRIOR_PRECISION, Extended, extend
from leaderboard.covariance import sandwich

EVEN = [("ada", "bob", verdict, 30) for verdict in (Verdict.A, Verdict.B)]
NAMES = ("ada", "bob", "new")


def extended(verdict: Verdict, count: int) -> tuple[Fit, np.ndarray, Extended]:
    core = Tallies.from_counts(EVEN)
    result = fit(core.record)
    covariance = sandwich(result, core)
    everyone = Tallies.from_counts([*EVEN, ("new", "ada", verdict, count)]).among(NAMES)
    return result, covariance, extend(everyone.record, result.strengths, covariance)


def test_the_core_keeps_its_strengths_and_their_covariance():
    result, covariance, board = extended(Verdict.A, 5)
    assert board.strengths[:2].tolist() == result.strengths.tolist()
    assert board.covariance[:2, :2] == pytest.approx(covariance)
    assert np.linalg.eigvalsh(board.covariance).min() > -1e-12


def test_the_estimate_is_where_the_pull_of_the_prior_equals_the_surprise_of_the_wins():
    *_, board = extended(Verdict.A, 5)
    place = board.strengths[2]
    assert PRIOR_PRECISION * place == pytest.approx(5 / (1 + math.exp(place)))


@pytest.mark.parametrize("count", [1, 5, 40])
def test_the_posterior_s_quantiles_are_those_of_the_integral(count: int):
    *_, board = extended(Verdict.A, count)

    def density(x: float) -> float:
        return float(norm.pdf(x, scale=PRIOR_PRECISION**-0.5)) / (1 + math.exp(-x)) ** count

    total = quad(density, -16, 16)[0]
    for share in (0.025, 0.5, 0.975):
        assert quad(density, -16, board.posteriors[0].quantile(share))[0] / total == pytest.approx(share, abs=1e-4)


def test_what_is_not_known_of_an_opponent_is_not_known_of_the_newcomer_either():
    """By hand: the newcomer follows its opponent by w / (w + prior), where w is the information of its battles."""
    _, covariance, board = extended(Verdict.A, 20)
    chance = 1 / (1 + math.exp(-board.strengths[2]))
    battles = 20 * chance * (1 - chance)
    follows = battles / (battles + PRIOR_PRECISION)
    assert board.covariance[2, 0] == pytest.approx(follows * covariance[0, 0])
    assert board.covariance[2, 2] == pytest.approx(1 / (battles + PRIOR_PRECISION) + follows**2 * covariance[0, 0])
