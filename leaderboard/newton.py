"""Newton's method for concave log-likelihoods. It uses only gradients, never the value of the likelihood.

A likelihood is flat at its maximum: a fit that stops when it no longer grows may still be a whole Elo point away for a
contender with few votes. The length of the Newton step tells how far away the maximum is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg

from leaderboard.arrays import FloatArray

TOLERANCE = 1e-10
# A step shorter than this that no longer shrinks is due to rounding.
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
    """The place [P] where the gradient vanishes, the information [P, P] there, and how many steps it took."""

    place: FloatArray
    information: FloatArray
    steps: int


def maximise(evaluate: Callable[[FloatArray], Point], start: FloatArray, *, tolerance: float = TOLERANCE) -> Optimum:
    """Climb from `start` to the maximum of a concave function with a definite information.

    Args:
        evaluate: returns the gradient and the information at a place; not-a-number where the function is undefined.
        start: where to begin [P].
        tolerance: the climb ends with the first full step that moves no coordinate further than this.

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
    """Take the step, halved until it does not overshoot the maximum along its line by much; return where it ends."""
    slope = float(point.gradient @ step)
    for halvings in range(MAX_HALVINGS):
        candidate = place + step * 0.5**halvings
        there = evaluate(candidate)
        # Along the line the slope of a concave function only falls. A slightly negative slope is just past the maximum.
        if float(there.gradient @ step) >= -slope / 2:
            return candidate, there
    raise ArithmeticError("No step leads uphill: the votes do not fix every parameter.")
