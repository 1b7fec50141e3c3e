"""Bradley–Terry: the chance that i beats j is 1 / (1 + exp(strength_j - strength_i)), and a tie is half a win.

The fit is the exact maximum of the likelihood: no penalty, no anchor. Bradley and Terry, Biometrika 39 (1952);
existence and uniqueness: Ford, American Mathematical Monthly 64 (1957).
"""

from dataclasses import dataclass

import numpy as np

from leaderboard.arrays import FloatArray
from leaderboard.incidence import contrast, laplacian, with_gauge
from leaderboard.newton import Point, maximise
from leaderboard.tallies import Record


@dataclass(frozen=True, eq=False, slots=True)
class Fit:
    """Strengths in natural units (log odds) and what the votes say about them.

    Attributes:
        strengths: with mean zero, unless a prior was used [M].
        information: minus the Hessian of what was maximised. Without a prior it is made invertible by `with_gauge`
            [M, M].
        steps: how many Newton steps it took.
    """

    strengths: FloatArray
    information: FloatArray
    steps: int


@dataclass(frozen=True, eq=False, slots=True)
class Prior:
    """Independent normal priors of the strengths: means [M] and precisions (1 / variance) [M], in natural units."""

    mean: FloatArray
    precision: FloatArray


def fit(record: Record, *, start: FloatArray | None = None) -> Fit:
    """Return the maximum-likelihood strengths. Wins and ties must connect the contenders strongly.

    Args:
        record: wins and ties [M, M].
        start: strengths to start from, such as those before the last vote [M]. It saves time and does not change the
            result.

    Raises:
        ArithmeticError: the contenders are not strongly connected, so there is no maximum.
    """
    scores = record.scores

    def likelihood(place: FloatArray) -> Point:
        point = derivatives(scores, place)
        return Point(point.gradient, with_gauge(point.information, num_contenders=len(scores)))

    nowhere = np.zeros(len(scores))
    try:
        optimum = maximise(likelihood, nowhere if start is None else start - start.mean())
    except ArithmeticError:
        # Where every win seems certain the information vanishes, so a start that is too far out cannot be used.
        optimum = maximise(likelihood, nowhere)
    return Fit(optimum.place - optimum.place.mean(), optimum.information, optimum.steps)


def fit_with_prior(record: Record, prior: Prior, *, start: FloatArray | None = None) -> Fit:
    """Return the most probable strengths under a prior. They exist for any votes, and for none.

    The inverse of the fit's information is the posterior covariance of the strengths (Laplace's approximation).

    Args:
        record: wins and ties [M, M].
        prior: means and precisions of the strengths.
        start: strengths to start from [M]; by default the prior's means.
    """
    scores = record.scores

    def posterior(place: FloatArray) -> Point:
        point = derivatives(scores, place)
        return Point(
            point.gradient - prior.precision * (place - prior.mean), point.information + np.diag(prior.precision)
        )

    optimum = maximise(posterior, prior.mean if start is None else start)
    return Fit(optimum.place, optimum.information, optimum.steps)


def win_probabilities(strengths: FloatArray) -> FloatArray:
    """Return the chance that each contender beats each other one; a half on the diagonal [M, M]."""
    return logistic(strengths[:, None] - strengths[None, :])


def logistic(log_odds: FloatArray) -> FloatArray:
    """Return 1 / (1 + exp(-log_odds)) for each value; on large arrays several times faster than scipy's `expit`."""
    chance = np.negative(log_odds)
    # Where exp overflows to infinity, 1 / inf gives the right result, zero.
    with np.errstate(over="ignore"):
        np.exp(chance, out=chance)
    chance += 1
    return np.reciprocal(chance, out=chance)


def derivatives(scores: FloatArray, strengths: FloatArray) -> Point:
    """Return the gradient [M] and the information [M, M] of the log-likelihood.

    Args:
        scores: wins plus half the ties of the row's contender against the column's [M, M].
        strengths: in natural units [M].
    """
    chance = win_probabilities(strengths)
    # Residuals are computed from the losing side's chance, because 1 - chance loses digits where chances are near one.
    surprise = scores * chance.T
    return Point(contrast(surprise), laplacian(surprise * chance))
