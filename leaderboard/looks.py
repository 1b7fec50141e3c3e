"""Looking at a result before its end: how large it must be at each look, if no more than alpha may be false alarms.

Alpha is spent over the looks by a function of the share of judgements that is in (Lan and DeMets, Biometrika 70, 1983),
so the number of looks and their times need not be kept to. Boundaries come from the joint distribution of the looks by
numerical integration (Armitage, McPherson and Rowe, Journal of the Royal Statistical Society A 132, 1969).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

if TYPE_CHECKING:
    from leaderboard.arrays import FloatArray

Spending = Literal["obrien-fleming", "pocock"]
NODES = 160
# A boundary that nothing reaches: the two-sided chance of so many standard errors is 1e-15.
NEVER = 8.0


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a result.

    Attributes:
        fraction: the share of the planned judgements that are in, above 0 and at most 1.
        spent: alpha that is spent up to and with this look.
        boundary: by how many standard errors the result must differ from none.
    """

    fraction: float
    spent: float
    boundary: float

    @property
    def nominal(self) -> float:
        """The two-sided p-value that belongs to the boundary."""
        return 2 * float(ndtr(-self.boundary))


def spent_by(fraction: float, *, spending: Spending, alpha: float = 0.05) -> float:
    """Return how much of alpha may be spent when this share of the judgements is in.

    "obrien-fleming" keeps nearly all of it for the end; "pocock" spends it about evenly.
    """
    if spending == "pocock":
        return alpha * math.log(1 + (math.e - 1) * fraction)
    return float(4 * ndtr(ndtri(alpha / 4) / math.sqrt(fraction)))


def boundaries(fractions: Sequence[float], *, spending: Spending, alpha: float = 0.05) -> tuple[Look, ...]:
    """Return the two-sided boundaries of looks at these shares of the planned judgements.

    Raises:
        ValueError: the shares do not rise from above 0 to at most 1, or alpha is not between 0 and 1.
    """
    _check(fractions, alpha)
    process = _Process()
    looks: list[Look] = []
    for fraction in fractions:
        spent = spent_by(fraction, spending=spending, alpha=alpha)
        # One side at a time, as in the published tables: crossing both boundaries practically never happens.
        to_spend = (spent - (looks[-1].spent if looks else 0.0)) / 2
        boundary = process.boundary(fraction, to_spend)
        looks.append(Look(fraction, spent, boundary))
        process.go_on(fraction, boundary)
    return tuple(looks)


def false_alarms(fractions: Sequence[float], bounds: Sequence[float]) -> float:
    """Return the chance that a result without any effect is beyond one of these boundaries at some look."""
    _check(fractions, 0.5)
    process = _Process()
    total = 0.0
    for fraction, bound in zip(fractions, bounds, strict=True):
        total += 2 * process.beyond(fraction, bound)
        process.go_on(fraction, bound)
    return total


def _check(fractions: Sequence[float], alpha: float) -> None:
    ends = [0.0, *fractions]
    if any(later <= earlier for earlier, later in zip(ends, fractions, strict=False)) or ends[-1] > 1:
        raise ValueError("The shares of judgements must rise from above 0 to at most 1.")
    if not 0 < alpha < 1:
        raise ValueError("Alpha lies between 0 and 1.")


class _Process:
    """The sum of what is in, as long as it stayed within the boundaries: its density at places with weights."""

    def __init__(self) -> None:
        self._at = 0.0
        self._places: FloatArray = np.zeros(1)
        self._mass: FloatArray = np.ones(1)

    def beyond(self, fraction: float, bound: float) -> float:
        """Return the chance to be above this boundary at the next look, not having been beyond one before."""
        spread = math.sqrt(fraction - self._at)
        return float(self._mass @ ndtr((self._places - bound * math.sqrt(fraction)) / spread))

    def boundary(self, fraction: float, chance: float) -> float:
        """Return the boundary above which the next look is with this chance."""

        def excess(bound: float) -> float:
            return self.beyond(fraction, bound) - chance

        return float(brentq(excess, 0.0, NEVER, xtol=1e-10)) if excess(NEVER) < 0 < excess(0.0) else NEVER

    def go_on(self, fraction: float, bound: float) -> None:
        """Take the look: keep what stayed within the boundary."""
        spread, edge = math.sqrt(fraction - self._at), bound * math.sqrt(fraction)
        nodes, weights = np.polynomial.legendre.leggauss(NODES)
        places = nodes * edge
        steps = (places[:, None] - self._places[None, :]) / spread
        density = np.exp(-(steps**2) / 2) @ self._mass / (spread * math.sqrt(2 * math.pi))
        self._at, self._places, self._mass = fraction, places, density * weights * edge
