"""Ratings of one board, which can be compared with each other, and their covariance, on the Elo scale."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from leaderboard.arrays import FloatArray
from leaderboard.bradley_terry import win_probabilities
from leaderboard.covariance import standard_errors
from leaderboard.scale import CENTRE, ELO_PER_NAT


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure and its standard error, in the same unit."""

    value: float
    error: float

    @property
    def z(self) -> float:
        """How many standard errors the figure is from zero; infinitely many where it has no error."""
        return self.value / self.error if self.error else math.copysign(math.inf, self.value) if self.value else 0.0

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the lower and upper bound of the confidence interval at `level`, by the normal distribution."""
        margin = critical_value(level) * self.error
        return self.value - margin, self.value + margin


@dataclass(frozen=True, eq=False, slots=True)
class Estimate:
    """Ratings of the contenders of one board.

    Attributes:
        contenders: names in the order of the arrays.
        ratings: Elo [M].
        covariance: of the ratings around their mean, in Elo squared [M, M].
    """

    contenders: tuple[str, ...]
    ratings: FloatArray
    covariance: FloatArray

    @classmethod
    def from_strengths(cls, contenders: tuple[str, ...], strengths: FloatArray, covariance: FloatArray) -> "Estimate":
        """Return the estimate on the Elo scale from strengths in natural units; strength zero becomes 1000."""
        return cls(contenders, CENTRE + ELO_PER_NAT * strengths, ELO_PER_NAT**2 * covariance)

    @property
    def errors(self) -> FloatArray:
        """Standard errors of (contender - mean), in Elo [M]."""
        return standard_errors(np.diag(self.covariance))

    @property
    def difference_errors(self) -> FloatArray:
        """Standard errors of all differences, in Elo; zero on the diagonal [M, M]."""
        variance = np.diag(self.covariance)
        return standard_errors(variance[:, None] + variance[None, :] - 2 * self.covariance)

    @property
    def win_probabilities(self) -> FloatArray:
        """The chance that the row's contender beats the column's; a half on the diagonal [M, M]."""
        return win_probabilities((self.ratings - CENTRE) / ELO_PER_NAT)

    def difference(self, above: str, below: str) -> Measured:
        """Return the rating of `above` minus that of `below`, in Elo, with the error of the difference.

        To express ratings relative to an anchor, pass it as `below`. This shifts all ratings and changes no difference.

        Raises:
            ValueError: one of them is not on this board.
        """
        i, j = self.contenders.index(above), self.contenders.index(below)
        variance = self.covariance[i, i] + self.covariance[j, j] - 2 * self.covariance[i, j]
        return Measured(float(self.ratings[i] - self.ratings[j]), float(standard_errors(variance)))


def win_chance(difference: float) -> float:
    """Return the chance to win of a contender that is rated `difference` Elo points higher."""
    return float(1 / (1 + 10 ** (-difference / 400)))


def critical_value(level: float) -> float:
    """Return how many standard errors a two-sided interval of this level reaches each way."""
    return float(ndtri((1 + level) / 2))
