"""Contenders whose votes point one way only: an estimate where no maximum-likelihood rating exists.

The likelihood of a contender that won every battle grows for ever with its rating. Such a contender, called *attached*,
never changes the other ratings: they are fitted without it. Its own rating is conditional on them, under a normal prior
around the mean of its board.
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

# Standard deviation of the prior of a rating around the mean of its board.
PRIOR_SD_ELO = 350.0
PRIOR_PRECISION = (ELO_PER_NAT / PRIOR_SD_ELO) ** 2


@dataclass(frozen=True, eq=False, slots=True)
class Extended:
    """The strengths of a whole board in natural units: its C core contenders first, then its A attached ones.

    Attributes:
        strengths: those of the core, unchanged, then the most probable ones of the attached [C + A].
        covariance: of all of them jointly; the core's block is unchanged [C + A, C + A].
        posteriors: of each attached contender, for intervals that need not be symmetric.
    """

    strengths: FloatArray
    covariance: FloatArray
    posteriors: tuple["Posterior", ...]


@dataclass(frozen=True, eq=False, slots=True)
class Posterior:
    """The posterior of one strength: its cumulative probability [G] on a grid of strengths [G], in natural units."""

    grid: FloatArray
    cumulative: FloatArray

    def quantile(self, share: float) -> float:
        """Return the strength below which this share of the probability lies."""
        return float(np.interp(share, self.cumulative, self.grid))


def extend(record: Record, strengths: FloatArray, covariance: FloatArray) -> Extended:
    """Estimate the attached contenders, given the core's strengths (with mean zero) and their covariance.

    Args:
        record: wins and ties of the core, then of the attached [C + A, C + A].
        strengths: of the core [C].
        covariance: of the core [C, C].
    """
    num_core = len(strengths)
    optimum = _most_probable(record, strengths)
    everyone = np.concatenate([strengths, optimum.place])
    # The core's uncertainty is passed on: where the core's strengths move, the optimum of the attached moves with them.
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
    """Return the posterior of one strength, with all other strengths fixed."""
    sd = PRIOR_PRECISION**-0.5
    grid = np.linspace(-8 * sd, 8 * sd, 2001)
    scores = record.scores
    met = np.flatnonzero(record.battles[place])
    gap = grid[:, None] - strengths[None, met]
    log_likelihood = xlogy(scores[place, met], expit(gap)) + xlogy(scores[met, place], expit(-gap))
    log_density = log_likelihood.sum(axis=1) - PRIOR_PRECISION * grid**2 / 2
    density = np.exp(log_density - log_density.max())
    # Each grid point is the middle of a cell, so half of the cell's probability lies below it.
    return Posterior(grid, (np.cumsum(density) - density / 2) / density.sum())
