"""Sums of values over groups of votes."""

import numpy as np
import numpy.typing as npt

from leaderboard.arrays import FloatArray, IntArray


def add_up(group: IntArray, value: npt.NDArray[np.generic], num_groups: int) -> FloatArray:
    """Return the sum of the values of each group, numbered from 0 [G]."""
    return np.bincount(group, value, num_groups).astype(np.float64, copy=False)


def count(group: IntArray, num_groups: int) -> FloatArray:
    """Return how many there are in each group, numbered from 0 [G]."""
    return np.bincount(group, minlength=num_groups).astype(np.float64)


def by_contender(
    group: IntArray, left: IntArray, right: IntArray, value: FloatArray, num_groups: int, num_contenders: int
) -> FloatArray:
    """Return the sums of values over the votes of each group: on the left minus on the right, then all [G, M + 1]."""
    cells = num_groups * num_contenders
    plus = add_up(group * num_contenders + left, value, cells)
    minus = add_up(group * num_contenders + right, value, cells)
    return np.column_stack([(plus - minus).reshape(num_groups, num_contenders), add_up(group, value, num_groups)])
