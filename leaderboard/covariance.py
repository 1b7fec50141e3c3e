"""How sure the strengths are: sandwich covariances.

Half-win ties vary less than wins do, so the inverse information alone is too wide. The sandwich C = H⁻¹ B H⁻¹ measures
the votes' own variation B instead. White, Econometrica 50 (1982); clusters: Liang and Zeger, Biometrika 73 (1986).
"""

import numpy as np
import scipy.linalg

from leaderboard.arrays import FloatArray
from leaderboard.bradley_terry import Fit, win_probabilities
from leaderboard.connectivity import groups
from leaderboard.incidence import laplacian
from leaderboard.tallies import Tallies

# n ties and no decisive vote leave a rate of decisive votes of up to 3 / n at 95 % (the rule of three).
UNSEEN_DECISIVE_VOTES = 3


def sandwich(fit: Fit, tallies: Tallies) -> FloatArray:
    """Return the covariance of the strengths around their mean, for independent votes [M, M].

    Args:
        fit: the fit of all these votes.
        tallies: the votes.
    """
    chance = win_probabilities(fit.strengths)
    squared = tallies.squared_record
    # A tie belongs to both orders of its pair, and the Laplacian adds these up.
    varied = squared.wins * chance.T**2 + squared.ties * (0.5 - chance) ** 2 / 2
    return around(fit.information, laplacian(varied) + unseen_decisions(tallies))


def around(information: FloatArray, meat: FloatArray) -> FloatArray:
    """Return H⁻¹ B H⁻¹. Rows of B sum to zero, so what makes H invertible leaves no trace [M, M]."""
    bread = scipy.linalg.inv(information, check_finite=False)
    covariance = bread @ meat @ bread
    # Rounding must not make the two halves differ: eigenvalues are asked for later.
    return (covariance + covariance.T) / 2


def unseen_decisions(tallies: Tallies) -> FloatArray:
    """Return B for parts of the board that nothing but ties joins, whose residuals would claim certainty [M, M].

    Each such part gets the variance of three decisive votes at even chances, spread over its ties with other parts.
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
