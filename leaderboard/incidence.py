"""Sums over pairs, written as vectors and matrices over contenders.

`pair[i, j]` belongs to battles with i on one side and j on the other; i counts plus one and j minus one. Fits with
further parameters (a side, a tie rate, style) border the contenders' matrix with theirs.
"""

import numpy as np

from leaderboard.arrays import FloatArray


def contrast(pair: FloatArray) -> FloatArray:
    """Return what the pairs sum to for each contender [M], or for each feature and contender [K, M]."""
    total: FloatArray = pair.sum(axis=-1) - pair.sum(axis=-2)
    return total


def laplacian(pair: FloatArray) -> FloatArray:
    """Return the sum over pairs of `pair[i, j]` (e_i - e_j)(e_i - e_j)ᵀ; its rows sum to zero [M, M]."""
    weight = pair + pair.T
    matrix = -weight
    matrix.flat[:: len(pair) + 1] += weight.sum(axis=1)
    return matrix


def bordered(pair: FloatArray, cross: FloatArray, inner: FloatArray) -> FloatArray:
    """Return the contenders' Laplacian bordered by K further parameters [M + K, M + K].

    Args:
        pair: weight of each pair [M, M].
        cross: weight times feature, summed by pair [K, M, M].
        inner: weight times feature times feature, summed over everything [K, K].
    """
    edge = contrast(cross)
    return np.block([[laplacian(pair), edge.T], [edge, inner]])


def with_gauge(matrix: FloatArray, *, num_contenders: int) -> FloatArray:
    """Return the matrix made invertible where all contenders may move together, which no vote can tell.

    Gradients and scores are orthogonal to that direction, so what is solved for them stays exactly the same.
    """
    fixed = matrix.copy()
    contenders = fixed[:num_contenders, :num_contenders]
    contenders += np.trace(contenders) / max(num_contenders, 1) ** 2
    return fixed
