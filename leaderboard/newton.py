"""Newton's method for concave log-likelihoods, steered and stopped by the gradient, never by the likelihood itself.

A likelihood is flat at its top: a fit that stops when the likelihood no longer grows can be a whole Elo point away
for a contender with few votes. The step tells how far away the top is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from leaderboard.arrays import FloatArray

TOLERANCE = 1e-10
# Below this, a step that no longer shrinks is rounding.
ROUNDING = 1e-6
MAX_STEPS = 200
MAX_HALVINGS = 40


@dataclass(frozen=True, eq=False, slots=True)
class Point:
    """A log-likelihood at one place: its gradient [P] and its information, minus the Hessian [P, P]."""

    gradient: FloatArray
    information: FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class Optimum:
    """The place [P] where the gradient vanishes, the information [P, P] there, and the steps it took."""

    place: FloatArray
    information: FloatArray
    steps: int


def maximise(evaluate: Callable[[FloatArray], Point], start: FloatArray, *, tolerance: float = TOLERANCE) -> Optimum:
    """Climb from `start` to the maximum of a concave function with a definite information.

    Args:
        evaluate: returns the gradient and the information at a place; not-a-number where the function is undefined.
        start: where to begin [P].
        tolerance: ends the climb when no coordinate moves further than this in a full step, which is still taken.

    Raises:
        ArithmeticError: no maximum was reached, because there is none or it is too far out for double precision.
    """
    place, point = start, evaluate(start)
    last_length = np.inf
    for steps in range(1, MAX_STEPS + 1):
        step = _solve(point)
        length = float(np.abs(step).max(initial=0.0))
        if length < tolerance or ROUNDING > length > last_length / 2:
            return Optimum(place + step, point.information, steps)
        place, point = _uphill(evaluate, place, step, point)
        last_length = length
    raise ArithmeticError(f"Newton's method did not settle in {MAX_STEPS} steps.")


def _solve(point: Point) -> FloatArray:
    try:
        factor = scipy.linalg.cho_factor(point.information, lower=True, check_finite=False)
    except np.linalg.LinAlgError as error:
        raise ArithmeticError("The information matrix is singular: the votes do not fix every parameter.") from error
    step: FloatArray = scipy.linalg.cho_solve(factor, point.gradient, check_finite=False)
    return step


def _uphill(
    evaluate: Callable[[FloatArray], Point], place: FloatArray, step: FloatArray, point: Point
) -> tuple[FloatArray, Point]:
    """Return the end of the step, halved until it does not go far beyond the top of the line it is on."""
    slope = float(point.gradient @ step)
    for halvings in range(MAX_HALVINGS):
        candidate = place + step * 0.5**halvings
        there = evaluate(candidate)
        # A concave function's slope only falls along the line, so a mildly negative one lies shortly past the top.
        if float(there.gradient @ step) >= -slope / 2:
            return candidate, there
    raise ArithmeticError("No step leads uphill: the votes do not fix every parameter.")
