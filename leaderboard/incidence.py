"""Sums over pairs, written as vectors and matrices over contenders.

`pair[i, j]` is a figure of the battles of i against j. In such a battle i counts plus one and j minus one: e_i - e_j is
its row of the incidence matrix. Fits with further parameters (a side, a tie rate, style) add rows and columns for these
to the contenders' matrix.
"""

import numpy as np

from leaderboard.arrays import FloatArray


def contrast(pair: FloatArray) -> FloatArray:
    """Return the sum over pairs of `pair[i, j]` (e_i - e_j) [M]; for K such matrices at once, [K, M]."""
    total: FloatArray = pair.sum(axis=-1) - pair.sum(axis=-2)
    return total


def laplacian(pair: FloatArray) -> FloatArray:
    """Return the sum over pairs of `pair[i, j]` (e_i - e_j)(e_i - e_j)ᵀ; its rows sum to zero [M, M]."""
    weight = pair + pair.T
    matrix = -weight
    matrix.flat[:: len(pair) + 1] += weight.sum(axis=1)
    return matrix


def bordered(pair: FloatArray, cross: FloatArray, inner: FloatArray) -> FloatArray:
    """Return the contenders' Laplacian with K further parameters as the last rows and columns [M + K, M + K].

    Args:
        pair: summed weight of each pair's battles [M, M].
        cross: weight times feature, summed over each pair's battles [K, M, M].
        inner: weight times feature times feature, summed over all battles [K, K].
    """
    edge = contrast(cross)
    return np.block([[laplacian(pair), edge.T], [edge, inner]])


def with_gauge(matrix: FloatArray, *, num_contenders: int) -> FloatArray:
    """Return the matrix made invertible.

    Votes only tell differences: moving all contenders by the same amount changes no likelihood, so the matrix is
    singular in that direction. Gradients and scores are orthogonal to it. Adding to the matrix in that direction
    therefore leaves what is solved for them exactly the same.
    """
    fixed = matrix.copy()
    contenders = fixed[:num_contenders, :num_contenders]
    contenders += np.trace(contenders) / max(num_contenders, 1) ** 2
    return fixed
