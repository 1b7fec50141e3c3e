"""Contenders whose votes point one way only: a conditional estimate where no maximum-likelihood rating exists.

Who won every battle has no upper limit. Such a contender never moves the others: their ratings are fitted without it,
and its own is conditional on them, under the belief that it lies within some hundreds of points of their mean.
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from scipy.special import expit, xlogy

from leaderboard.arrays import FloatArray
from leaderboard.bradley_terry import derivatives
from leaderboard.newton import Optimum, Point, maximise
from leaderboard.scale import ELO_PER_NAT
from leaderboard.tallies import Record

# The spread of contenders around the mean of their board that is believed before any vote.
PRIOR_SD_ELO = 350.0
PRIOR_PRECISION = (ELO_PER_NAT / PRIOR_SD_ELO) ** 2


@dataclass(frozen=True, eq=False, slots=True)
class Extended:
    """A board's strengths with its attached contenders placed after the core, in natural units.

    Attributes:
        strengths: the core's as they were, then the most probable ones of the attached [C + A].
        covariance: joint; the core's block as it was [C + A, C + A].
        posterior: marginal posteriors of the attached, for intervals that need not be symmetric.
    """

    strengths: FloatArray
    covariance: FloatArray
    posteriors: tuple["Posterior", ...]


@dataclass(frozen=True, eq=False, slots=True)
class Posterior:
    """A density on a grid of strengths."""

    grid: FloatArray
    cumulative: FloatArray

    def quantile(self, share: float) -> float:
        """Return the strength below which this share of the probability lies."""
        return float(np.interp(share, self.cumulative, self.grid))


def extend(record: Record, strengths: FloatArray, covariance: FloatArray) -> Extended:
    """Place the contenders after the core, given the core's strengths (mean zero) and their covariance.

    Args:
        record: wins and ties of the core, then of the attached [C + A, C + A].
        strengths: of the core [C].
        covariance: of the core [C, C].
    """
    num_core = len(strengths)
    optimum = _most_probable(record, strengths)
    everyone = np.concatenate([strengths, optimum.place])
    # What the core's uncertainty does to the attached: their strengths follow the core's as the optimum moves.
    own: FloatArray = scipy.linalg.inv(optimum.information)
    follow = -own @ derivatives(record.scores, everyone).information[num_core:, :num_core]
    shared = follow @ covariance
    joint = np.block([[covariance, shared.T], [shared, own + shared @ follow.T]])
    joint = (joint + joint.T) / 2
    posteriors = [_posterior(record, everyone, place) for place in range(num_core, len(everyone))]
    return Extended(everyone, joint, tuple(posteriors))


def _most_probable(record: Record, core: FloatArray) -> Optimum:
    scores = record.scores
    free = slice(len(core), None)

    def posterior(place: FloatArray) -> Point:
        everyone = derivatives(scores, np.concatenate([core, place]))
        return Point(
            everyone.gradient[free] - PRIOR_PRECISION * place,
            everyone.information[free, free] + PRIOR_PRECISION * np.eye(len(place)),
        )

    return maximise(posterior, np.zeros(len(scores) - len(core)))


def _posterior(record: Record, strengths: FloatArray, place: int) -> Posterior:
    """Return the posterior of one strength, the others held where they are."""
    sd = PRIOR_PRECISION**-0.5
    grid = np.linspace(-8 * sd, 8 * sd, 2001)
    scores = record.scores
    met = np.flatnonzero(record.battles[place])
    gap = grid[:, None] - strengths[None, met]
    log_likelihood = xlogy(scores[place, met], expit(gap)) + xlogy(scores[met, place], expit(-gap))
    log_density = log_likelihood.sum(axis=1) - PRIOR_PRECISION * grid**2 / 2
    density = np.exp(log_density - log_density.max())
    # A grid point stands for the middle of its cell.
    return Posterior(grid, (np.cumsum(density) - density / 2) / density.sum())
