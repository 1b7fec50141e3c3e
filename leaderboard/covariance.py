"""How sure the strengths are: sandwich covariances.

Ties count as half a win and vary less than wins do, so the inverse of the information H alone is too large.
The sandwich H⁻¹ B H⁻¹ takes the votes' own variation B (the "meat") into account. White, Econometrica 50 (1982);
clusters: Liang and Zeger, Biometrika 73 (1986).
"""

import numpy as np
import scipy.linalg

from leaderboard.arrays import FloatArray
from leaderboard.bradley_terry import Fit, win_probabilities
from leaderboard.connectivity import groups
from leaderboard.incidence import laplacian
from leaderboard.tallies import Tallies

# After n ties and no decisive vote, the true share of decisive votes may still be as high as 3 / n, at a confidence of
# 95 % (the rule of three).
UNSEEN_DECISIVE_VOTES = 3


def sandwich(fit: Fit, tallies: Tallies) -> FloatArray:
    """Return the covariance of the strengths around their mean, for independent votes [M, M].

    Args:
        fit: the fit of all these votes.
        tallies: the votes.
    """
    chance = win_probabilities(fit.strengths)
    squared = tallies.squared_record
    # `ties` has each tie at [i, j] and at [j, i], and the Laplacian adds the two, so each counts half.
    varied = squared.wins * chance.T**2 + squared.ties * (0.5 - chance) ** 2 / 2
    return around(fit.information, laplacian(varied) + unseen_decisions(tallies))


def around(information: FloatArray, meat: FloatArray) -> FloatArray:
    """Return H⁻¹ B H⁻¹ [M, M].

    The rows of B sum to zero, so what `with_gauge` added to make H invertible does not change the result.
    """
    bread = scipy.linalg.inv(information, check_finite=False)
    covariance = bread @ meat @ bread
    # Rounding must not make the matrix asymmetric, because its eigenvalues are computed later.
    return (covariance + covariance.T) / 2


def standard_errors(variances: FloatArray) -> FloatArray:
    """Return the roots of variances, of which rounding may have turned those of zero into less [...]."""
    return np.sqrt(np.maximum(variances, 0.0))


def unseen_decisions(tallies: Tallies) -> FloatArray:
    """Return an addition to B for parts of the board that are joined by ties only [M, M].

    All residuals between such parts are zero, so the sandwich alone would claim to know their difference exactly. Each
    part gets the variance of three decisive votes at even chances, spread over its ties with other parts.
    """
    ties, wins = tallies.record.ties, tallies.record.wins
    part = groups(wins + wins.T > 0, strong=False)
    if not part.any():
        return np.zeros_like(ties)
    across = ties * (part[:, None] != part[None, :])
    ties_of_part = np.bincount(part, weights=across.sum(axis=1))[part]
    fewest = np.minimum(ties_of_part[:, None], ties_of_part[None, :])
    share: FloatArray = np.divide(across, fewest, out=np.zeros_like(ties), where=across > 0)
    weight = np.divide(tallies.squared_record.ties, ties, out=np.zeros_like(ties), where=ties > 0)
    return laplacian(UNSEEN_DECISIVE_VOTES / 4 * share * weight**2 / 2)
