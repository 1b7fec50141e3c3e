"""Ratings of one board, which can be compared with each other, and their covariance, on the Elo scale."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, stdtrit

from leaderboard.arrays import FloatArray
from leaderboard.bradley_terry import win_probabilities
from leaderboard.covariance import standard_errors
from leaderboard.scale import CENTRE, ELO_PER_NAT


@dataclass(frozen=True, slots=True)
class Added:
    """What votes that depend on each other add to the variance of a figure.

    Attributes:
        variance: added to that of independent votes; infinite where it cannot be measured.
        degrees: of freedom with which it is known.
    """

    variance: float
    degrees: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure and its standard error, in the same unit.

    Attributes:
        added: the parts of the error's square that are themselves estimated from a few clusters; none where votes are
            independent.
    """

    value: float
    error: float
    added: tuple[Added, ...] = ()

    @classmethod
    def of(cls, value: float, variance: float, added: tuple[Added, ...] = ()) -> "Measured":
        """Return a figure whose variance for independent votes is `variance`."""
        # Rounding may have turned a variance of zero into less.
        error = math.sqrt(max(float(variance) + sum(part.variance for part in added), 0.0))
        return cls(float(value), error, added)

    def over(self, unit: float) -> "Measured":
        """Return the figure in another unit, of so many of this one."""
        added = tuple(Added(part.variance / unit**2, part.degrees) for part in self.added)
        return Measured(self.value / unit, self.error / unit, added)

    @property
    def z(self) -> float:
        """How many standard errors the figure is from zero; infinitely many where it has no error."""
        return self.value / self.error if self.error else math.copysign(math.inf, self.value) if self.value else 0.0

    def margin(self, level: float = 0.95) -> float:
        """Return how far the confidence interval at `level` reaches each way.

        Normal quantiles, and Student's for what was added: the two are put together as their variances are.
        """
        if any(math.isinf(part.variance) for part in self.added):
            return math.inf
        independent = max(self.error**2 - sum(part.variance for part in self.added), 0.0)
        quantiles = student(level, np.array([part.degrees for part in self.added])).tolist()
        added = sum(quantile**2 * part.variance for quantile, part in zip(quantiles, self.added, strict=True))
        return math.sqrt(critical_value(level) ** 2 * independent + added)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the lower and upper bound of the confidence interval at `level`."""
        margin = self.margin(level)
        return self.value - margin, self.value + margin

    @property
    def p_value(self) -> float:
        """Of no difference from zero, two-sided: the largest level at which the interval excludes zero, less from one.

        With few clusters it is no smaller than 1e-12.
        """
        if not any(part.variance for part in self.added):
            return 2 * float(ndtr(-abs(self.z)))
        if not self.value or math.isinf(self.margin()):
            return 1.0
        least = 1e-12
        if abs(self.value) >= self.margin(1 - least):
            return least
        return float(1 - brentq(lambda level: self.margin(level) - abs(self.value), 0.0, 1 - least, xtol=1e-13))


@dataclass(frozen=True, eq=False, slots=True)
class Dependence:
    """What votes that share a label, such as their voter, add to the errors of a board.

    Attributes:
        label: what they share.
        clusters: how many different ones there are.
        added: to each rating's variance, in Elo squared; infinite where clusters do not tell [M].
        degrees: of freedom of each [M].
        pairs_added: to the variance of each difference, likewise [M, M].
        pairs_degrees: of freedom of each [M, M].
        pooled: the variance by clusters over that of independent votes, averaged over all M - 1 directions.
    """

    label: str
    clusters: int
    added: FloatArray
    degrees: FloatArray
    pairs_added: FloatArray
    pairs_degrees: FloatArray
    pooled: float


@dataclass(frozen=True, eq=False, slots=True)
class Estimate:
    """Ratings of the contenders of one board.

    Attributes:
        contenders: names in the order of the arrays.
        ratings: Elo [M].
        covariance: of the ratings around their mean if votes are independent, in Elo squared [M, M].
        dependences: what dependent votes add to the errors, a way of dependence each.
    """

    contenders: tuple[str, ...]
    ratings: FloatArray
    covariance: FloatArray
    dependences: tuple[Dependence, ...] = ()

    @classmethod
    def from_strengths(
        cls,
        contenders: tuple[str, ...],
        strengths: FloatArray,
        covariance: FloatArray,
        dependences: tuple[Dependence, ...] = (),
    ) -> "Estimate":
        """Return the estimate on the Elo scale from strengths in natural units; strength zero becomes 1000."""
        return cls(contenders, CENTRE + ELO_PER_NAT * strengths, ELO_PER_NAT**2 * covariance, dependences)

    @property
    def errors(self) -> FloatArray:
        """Standard errors of (contender - mean), in Elo [M]."""
        return standard_errors(sum((way.added for way in self.dependences), start=np.diag(self.covariance)))

    @property
    def difference_errors(self) -> FloatArray:
        """Standard errors of all differences, in Elo; zero on the diagonal [M, M]."""
        return standard_errors(sum((way.pairs_added for way in self.dependences), start=self._difference_variances))

    @property
    def ratios(self) -> FloatArray:
        """Errors over those of independent votes: at least one, infinite where clusters do not tell [M]."""
        alone = standard_errors(np.diag(self.covariance))
        return np.divide(self.errors, alone, out=np.ones_like(alone), where=alone > 0)

    @property
    def ratio(self) -> float | None:
        """The median of `ratios`; None where it cannot be measured, or nothing depends on anything."""
        median = float(np.median(self.ratios)) if self.dependences else math.inf
        return median if math.isfinite(median) else None

    def margins(self, level: float = 0.95) -> FloatArray:
        """Return how far the intervals of the ratings reach each way, in Elo [M]."""
        added = [(way.added, way.degrees) for way in self.dependences]
        return _margins(np.diag(self.covariance), added, level)

    def difference_margins(self, level: float = 0.95) -> FloatArray:
        """Return how far the intervals of all differences reach each way, in Elo [M, M]."""
        added = [(way.pairs_added, way.pairs_degrees) for way in self.dependences]
        return _margins(self._difference_variances, added, level)

    def joint_margins(self, level: float) -> FloatArray:
        """Return margins of all differences for a family of comparisons, each of them judged at `level` [M, M].

        With few clusters some of many differences seem to depend on nothing by mere chance. Here none is taken to
        depend less than all do on average, which is better known: it has the degrees of freedom of M - 1 directions.
        """
        own, directions = self.difference_margins(level), len(self.ratings) - 1
        if not self.dependences or directions < 2:
            return own
        ratio = 1 + sum(max(way.pooled - 1, 0.0) for way in self.dependences)
        degrees = min(float(way.pairs_degrees.min()) for way in self.dependences) * directions
        quantile = float(student(level, np.array(degrees)))
        return np.maximum(own, quantile * standard_errors(ratio * self._difference_variances))

    @property
    def _difference_variances(self) -> FloatArray:
        variance = np.diag(self.covariance)
        between: FloatArray = variance[:, None] + variance[None, :] - 2 * self.covariance
        return between

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
        added = tuple(Added(float(way.pairs_added[i, j]), float(way.pairs_degrees[i, j])) for way in self.dependences)
        return Measured.of(self.ratings[i] - self.ratings[j], self._difference_variances[i, j], added)


def _margins(variances: FloatArray, added: list[tuple[FloatArray, FloatArray]], level: float) -> FloatArray:
    total = critical_value(level) ** 2 * np.maximum(variances, 0.0)
    for variance, degrees in added:
        known = np.isfinite(variance)
        quantile = student(level, np.where(known, degrees, 1.0))
        total = total + np.where(known, np.where(known, variance, 0.0) * quantile**2, np.inf)
    return standard_errors(total)


def win_chance(difference: float) -> float:
    """Return the chance to win of a contender that is rated `difference` Elo points higher."""
    return float(1 / (1 + 10 ** (-difference / 400)))


def critical_value(level: float) -> float:
    """Return how many standard errors a two-sided interval of this level reaches each way."""
    return float(ndtri((1 + level) / 2))


def student(level: float, degrees: FloatArray) -> FloatArray:
    """Return how many standard errors an interval reaches each way, by degrees of freedom [...]."""
    return np.asarray(stdtrit(degrees, (1 + level) / 2), dtype=np.float64)
