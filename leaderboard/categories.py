"""Ratings within a category, shrunk toward the overall ratings as far as the category's votes suggest.

A category's strengths are the overall strengths plus shifts, which have a normal prior around zero. The spread of this
prior is estimated from the category's own votes (empirical Bayes, with Laplace's approximation of the marginal
likelihood). A category whose votes are mere noise therefore keeps the overall order, and one with a clear order of its
own shows that order.
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from scipy.optimize import minimize_scalar
from scipy.special import xlogy

from leaderboard import bradley_terry
from leaderboard.bradley_terry import Fit, Prior, fit_with_prior, win_probabilities
from leaderboard.connectivity import largest_core
from leaderboard.covariance import sandwich, standard_errors
from leaderboard.estimate import Estimate, Measured
from leaderboard.scale import ELO_PER_NAT
from leaderboard.tallies import Record, Tallies

# The most likely spread of shifts is searched for between these bounds, in Elo.
SPREADS = (0.1, 800.0)


@dataclass(frozen=True, eq=False, slots=True)
class CategoryFit:
    """Ratings within a category.

    Attributes:
        estimate: ratings of all contenders of the largest overall core, with or without votes in the category.
        shift: the category's rating minus the overall one, in Elo, by contender; the shifts sum to zero.
        spread: the estimated standard deviation of the shifts, in Elo.
    """

    estimate: Estimate
    shift: dict[str, Measured]
    spread: float


def rate_category(overall: Tallies, category: Tallies) -> CategoryFit:
    """Return a category's ratings, shrunk toward the overall ratings.

    Args:
        overall: all votes, including those of the category.
        category: the votes of the category.

    Raises:
        NotEstimable: no two contenders are connected both ways by all votes.
    """
    core = largest_core(overall)
    fit = bradley_terry.fit(core.record)
    record = _dispersed(fit, category.among(core.contenders).counted)
    low, high = np.log(np.array(SPREADS) / ELO_PER_NAT)
    best = minimize_scalar(
        lambda log_spread: -_evidence(fit, record, float(np.exp(log_spread))), bounds=(low, high), method="bounded"
    )
    spread = float(np.exp(best.x))
    shrunk = _shrunk(fit, record, spread)
    # The shifts sum to zero, so the variance of a common shift, which comes from the prior alone, is subtracted.
    covariance = scipy.linalg.inv(shrunk.information) - spread**2 / len(fit.strengths)
    shifts = shrunk.strengths - fit.strengths
    errors = standard_errors(np.diag(covariance))
    return CategoryFit(
        estimate=Estimate.from_strengths(core.contenders, shrunk.strengths, covariance + sandwich(fit, core)),
        shift={
            name: Measured(ELO_PER_NAT * float(value), ELO_PER_NAT * float(error))
            for name, value, error in zip(core.contenders, shifts, errors, strict=True)
        },
        spread=ELO_PER_NAT * spread,
    )


def _dispersed(fit: Fit, record: Record) -> Record:
    """Scale the votes so that their information matches their variation: half-win ties vary less than wins do."""
    chance = win_probabilities(fit.strengths)
    varied = 2 * (record.wins * chance.T**2).sum() + (record.ties * (0.5 - chance) ** 2).sum()
    expected = (record.battles * chance * chance.T).sum()
    scale = expected / varied if varied > 0 else 1.0
    return Record(record.wins * scale, record.ties * scale)


def _shrunk(fit: Fit, record: Record, spread: float) -> Fit:
    return fit_with_prior(record, Prior(fit.strengths, np.full(len(fit.strengths), spread**-2)))


def _evidence(fit: Fit, record: Record, spread: float) -> float:
    """Return the log marginal likelihood of a spread of shifts, up to a constant."""
    shrunk = _shrunk(fit, record, spread)
    shifts = shrunk.strengths - fit.strengths
    log_likelihood = float(xlogy(record.scores, win_probabilities(shrunk.strengths)).sum())
    curvature = float(np.linalg.slogdet(spread**2 * shrunk.information)[1])
    return log_likelihood - float(shifts @ shifts) / (2 * spread**2) - curvature / 2
