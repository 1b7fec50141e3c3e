"""Battles as detectors see them."""

import numpy as np

from tests.leaderboard.suspicion.small_world import honest


def test_chosen_battles_keep_the_numbers_of_their_voters():
    battles = honest(voters=5, opened=4)
    last = battles.where(battles.voter == 4)
    assert (len(last), last.num_voters) == (4, 5)
    assert np.array_equal(battles.where(np.flatnonzero(battles.voter == 4)).left, last.left)
    assert np.array_equal(last.cohorts["prompt"], battles.cohorts["prompt"][-4:])
    assert last.too_fast is None
