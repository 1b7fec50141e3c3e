"""Sums over groups."""

import numpy as np

from leaderboard.suspicion.grouped import add_up, by_contender, count


def test_sums_by_group_and_contender():
    group, left, right = np.array([0, 0, 1]), np.array([0, 1, 2]), np.array([1, 2, 0])
    value = np.array([1.0, 2.0, 4.0])
    assert by_contender(group, left, right, value, 2, 3).tolist() == [[1, 1, -2, 3], [-4, 0, 4, 4]]
    assert add_up(group, value, 3).tolist() == [3, 4, 0]
    assert count(group, 3).tolist() == [2, 1, 0]
