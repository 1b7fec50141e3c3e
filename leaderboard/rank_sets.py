"""Rank sets: the ranks that a contender may have, given the uncertainty of every difference.

A contender's best rank is one more than the number of contenders that are surely above it. Its worst rank is the number
of contenders less those that are surely below it. "Surely" compares a difference of ratings with its own error, which
decides more pairs than asking whether the intervals of the ratings overlap.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from leaderboard.arrays import FloatArray, IntArray
from leaderboard.estimate import Estimate, critical_value

SEED = 20261122  # the same votes give the same ranks
# Draws from the joint distribution of the ratings: the critical value is then good to about 0.02.
DRAWS = 2000


@dataclass(frozen=True, eq=False, slots=True)
class RankSets:
    """The rank sets of a board.

    Attributes:
        best: best rank of each contender; 1 is the top [M].
        worst: worst rank of each contender [M].
        critical_value: by how many standard errors two ratings must differ to be surely different.
    """

    best: IntArray
    worst: IntArray
    critical_value: float

    @property
    def mean_width(self) -> float:
        """The mean of worst minus best rank; zero where every rank is sure."""
        return float((self.worst - self.best).mean())


def in_words(best: int, worst: int) -> str:
    """Return a rank set as people write it: "2", or "2–4"."""
    return str(best) if best == worst else f"{best}–{worst}"


def rank_sets(estimate: Estimate, *, at_once: bool, level: float = 0.95) -> RankSets:
    """Return simultaneous rank sets, or marginal ones where `at_once` is false; the same votes give the same sets."""
    if at_once:
        return simultaneous(estimate, np.random.default_rng(SEED), level=level)
    return marginal(estimate, level=level)


def marginal(estimate: Estimate, *, level: float = 0.95) -> RankSets:
    """Return rank sets in which each single comparison is wrong with probability 1 - level."""
    return _rank_sets(estimate, level, estimate.difference_margins(level))


def simultaneous(estimate: Estimate, rng: np.random.Generator, *, level: float = 0.95, draws: int = DRAWS) -> RankSets:
    """Return rank sets that are all right at once with probability `level`, by the max-t quantile.

    The largest studentised difference of all pairs is simulated from the estimate's covariance: Mogstad, Romano,
    Shaikh and Wilhelm, Review of Economic Studies 91 (2024). Where votes depend on each other, each difference is then
    judged at the level that this value stands for, with the degrees of freedom of its own error, and never taken to
    depend on clusters less than all differences do on average.
    """
    errors = replace(estimate, dependences=()).difference_errors
    comparable = np.triu(errors > 0, k=1)
    if not comparable.any():
        return marginal(estimate, level=level)
    noise = _noise(estimate, rng, draws)
    largest = np.empty(draws)
    inverse = np.divide(1.0, errors, out=np.zeros_like(errors), where=errors > 0)
    for row, deviation in enumerate(noise):
        largest[row] = (np.abs(deviation[:, None] - deviation[None, :]) * inverse).max()
    each = float(2 * ndtr(np.quantile(largest, level)) - 1)
    return _rank_sets(estimate, each, estimate.joint_margins(each))


def probability_first(estimate: Estimate, rng: np.random.Generator, *, draws: int = DRAWS) -> FloatArray:
    """Return each contender's probability of being the best of the board [M]."""
    winners = (estimate.ratings + _noise(estimate, rng, draws)).argmax(axis=1)
    return np.bincount(winners, minlength=len(estimate.ratings)) / draws


def _noise(estimate: Estimate, rng: np.random.Generator, draws: int) -> FloatArray:
    """Draw deviations of all ratings at once from their covariance [draws, M]."""
    variances, axes = np.linalg.eigh(estimate.covariance)
    scales = np.sqrt(np.maximum(variances, 0.0))
    noise: FloatArray = rng.standard_normal((draws, len(scales))) * scales @ axes.T
    return noise


def _rank_sets(estimate: Estimate, level: float, margins: FloatArray) -> RankSets:
    gap = estimate.ratings[:, None] - estimate.ratings[None, :]
    above = (gap > margins) & (margins > 0)
    best = 1 + above.sum(axis=0)
    worst = len(gap) - above.sum(axis=1)
    return RankSets(best.astype(np.int64), worst.astype(np.int64), critical_value(level))
