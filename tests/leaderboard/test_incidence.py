"""Sums over pairs equal the sums over single battles that they stand for."""

import numpy as np
import pytest

from leaderboard.arrays import FloatArray
from leaderboard.incidence import bordered, contrast, laplacian, with_gauge

SIZE = 4


@pytest.fixture
def pair(rng: np.random.Generator) -> FloatArray:
    return rng.random((SIZE, SIZE)) * (1 - np.eye(SIZE))


def rows() -> list[tuple[int, int, FloatArray]]:
    """Return each ordered pair with its row of the incidence matrix."""
    unit = np.eye(SIZE)
    return [(i, j, unit[i] - unit[j]) for i in range(SIZE) for j in range(SIZE) if i != j]


def test_contrast_and_laplacian_are_sums_over_ordered_pairs(pair: FloatArray):
    assert contrast(pair) == pytest.approx(sum(pair[i, j] * row for i, j, row in rows()))
    assert laplacian(pair) == pytest.approx(sum(pair[i, j] * np.outer(row, row) for i, j, row in rows()))


def test_a_border_is_the_matrix_of_contenders_and_features_together(pair: FloatArray, rng: np.random.Generator):
    feature = rng.random((2, SIZE, SIZE))
    expected = np.zeros((SIZE + 2, SIZE + 2))
    for i, j, row in rows():
        whole = np.append(row, feature[:, i, j])
        expected += pair[i, j] * np.outer(whole, whole)
    inner = np.einsum("ij,kij,lij->kl", pair, feature, feature)
    assert bordered(pair, pair * feature, inner) == pytest.approx(expected)


def test_the_gauge_makes_a_laplacian_invertible_and_moves_no_contrast(pair: FloatArray):
    matrix = laplacian(pair)
    fixed = with_gauge(matrix, num_contenders=SIZE)
    assert np.linalg.matrix_rank(matrix) == SIZE - 1
    for _, _, row in rows():
        assert np.linalg.solve(fixed, row) == pytest.approx(np.linalg.pinv(matrix) @ row)
    assert matrix == pytest.approx(laplacian(pair))  # left as it was
