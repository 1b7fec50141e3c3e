import numpy as np
import pytest

from leaderboard.arrays import FloatArray
from leaderboard.newton import Point, maximise


def soft_roof(place: FloatArray) -> Point:
    """-log cosh, whose undamped Newton steps fly off from beyond 1.09."""
    return Point(-np.tanh(place), np.diag(1 - np.tanh(place) ** 2))


@pytest.mark.parametrize("start", [0.5, 1.5, 5.0])
def test_steps_that_would_overshoot_are_halved(start: float):
    assert maximise(soft_roof, np.array([start, -start])).place == pytest.approx([0, 0], abs=1e-12)


def test_a_quadratic_is_climbed_in_one_step():
    optimum = maximise(lambda place: Point(3 - 2 * place, 2 * np.eye(1)), np.zeros(1))
    assert optimum.place == pytest.approx([1.5])
    assert optimum.steps == 2


def test_a_place_where_the_function_is_undefined_is_never_entered():
    def log_barrier(place: FloatArray) -> Point:
        """log x - x, for positive x only."""
        if place[0] <= 0:
            return Point(np.full(1, np.nan), np.full((1, 1), np.nan))
        return Point(1 / place - 1, np.diag(place**-2))

    assert maximise(log_barrier, np.array([3.0])).place == pytest.approx([1.0])


def test_a_function_without_a_top_is_refused():
    with pytest.raises(ArithmeticError, match="did not settle"):
        maximise(lambda place: Point(np.exp(-place), np.diag(np.exp(-place))), np.zeros(1))


def test_a_flat_direction_is_refused():
    with pytest.raises(ArithmeticError, match="singular"):
        maximise(lambda place: Point(np.zeros(2), np.ones((2, 2))), np.zeros(2))


def test_no_parameters_are_at_their_maximum():
    assert maximise(lambda place: Point(place, np.zeros((0, 0))), np.empty(0)).place.size == 0
