"""Bradley–Terry: the chance that i beats j is 1 / (1 + exp(strength_j - strength_i)), and a tie is half a win.

The fit is the exact maximum of the likelihood: no penalty, no anchor. Bradley and Terry, Biometrika 39 (1952);
existence and uniqueness: Ford, American Mathematical Monthly 64 (1957).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, xlogy

from leaderboard.arrays import FloatArray
from leaderboard.newton import Point, maximise
from leaderboard.tallies import Record


@dataclass(frozen=True, eq=False, slots=True)
class Fit:
    """Strengths in natural units (log odds) and what the votes say about them.

    Attributes:
        strengths: mean zero, unless a prior says otherwise [M].
        information: minus the Hessian of the log-likelihood; a Laplacian, so its rows sum to zero [M, M].
        steps: Newton steps taken.
    """

    strengths: FloatArray
    information: FloatArray
    steps: int


@dataclass(frozen=True, eq=False, slots=True)
class Prior:
    """Independent normal beliefs about strengths: means [M] and precisions [M], in natural units."""

    mean: FloatArray
    precision: FloatArray


def fit(record: Record, *, start: FloatArray | None = None) -> Fit:
    """Return the maximum-likelihood strengths of contenders that wins and ties connect strongly.

    Args:
        record: wins and ties [M, M].
        start: strengths to begin at, such as those before the last vote [M]; changes the time taken, not the result.

    Raises:
        ArithmeticError: the contenders are not strongly connected, so there is no maximum.
    """
    scores = record.scores
    battles = scores + scores.T
    # The likelihood does not change when all strengths move together. This rank-one term fixes that direction and,
    # because gradients are orthogonal to it, touches nothing else.
    gauge = battles.sum() / max(len(battles), 1) ** 2 / 4
    strengths = np.zeros(len(scores)) if start is None else start - start.mean()
    optimum = maximise(lambda place: _point(scores, battles, place, gauge), strengths)
    return Fit(optimum.place - optimum.place.mean(), optimum.information - gauge, optimum.steps)


def fit_with_prior(record: Record, prior: Prior, *, start: FloatArray | None = None) -> Fit:
    """Return the most probable strengths under a prior. They exist for any votes, or none.

    The information is that of the votes alone; the posterior's is larger by `prior.precision` on the diagonal.
    """
    scores = record.scores
    battles = scores + scores.T

    def posterior(place: FloatArray) -> Point:
        point = _point(scores, battles, place, 0.0)
        deviation = place - prior.mean
        return Point(
            point.value - float(prior.precision @ deviation**2) / 2,
            point.gradient - prior.precision * deviation,
            point.information + np.diag(prior.precision),
        )

    optimum = maximise(posterior, prior.mean if start is None else start)
    return Fit(optimum.place, optimum.information - np.diag(prior.precision), optimum.steps)


def win_probabilities(strengths: FloatArray) -> FloatArray:
    """Return the chance that each contender beats each other one; a half on the diagonal [M, M]."""
    chance: FloatArray = expit(strengths[:, None] - strengths[None, :])
    return chance


def information(battles: FloatArray, chance: FloatArray) -> FloatArray:
    """Return minus the Hessian: the Laplacian of battles weighted by p (1 - p) [M, M]."""
    weight = battles * chance * chance.T
    laplacian: FloatArray = np.diag(weight.sum(axis=1)) - weight
    return laplacian


def _point(scores: FloatArray, battles: FloatArray, strengths: FloatArray, gauge: float) -> Point:
    chance = win_probabilities(strengths)
    # Residuals from the losing side's chance keep their digits where chances are near one.
    surprise = scores * chance.T
    return Point(
        value=float(xlogy(scores, chance).sum()),
        gradient=(surprise - surprise.T).sum(axis=1),
        information=information(battles, chance) + gauge,
    )
