"""Whom holds cost votes."""

from dataclasses import replace

import numpy as np

from leaderboard.suspicion.holds import Hold
from leaderboard.suspicion.two_sided import needs_a_person, sides
from tests.leaderboard.suspicion.small_world import honest

BATTLES = honest()
ABOUT = np.flatnonzero(BATTLES.voted & ((BATTLES.left == 2) | (BATTLES.right == 2)))


def hold(votes: np.ndarray, excess: float) -> Hold:
    return Hold("network", 1, -1, "target", 2, 1e-9, excess, votes)


def test_a_hold_of_all_votes_of_a_contender_takes_wins_and_losses_alike():
    both = sides(BATTLES, [hold(ABOUT, 1.0)])
    assert both.tilt[2] == 0
    assert both.wins.sum() == both.losses.sum() == BATTLES.voted.sum()
    assert both.held_wins[2] + both.held_losses[2] == len(ABOUT)


def test_a_hold_of_wins_alone_tilts():
    won = (BATTLES.left[ABOUT] == 2) == (BATTLES.outcome[ABOUT] == 1)
    assert sides(BATTLES, [hold(ABOUT[won & (BATTLES.outcome[ABOUT] != 0.5)], 1.0)]).tilt[2] > 0.5


def test_a_hold_that_would_cost_a_rival_mostly_honest_votes_waits_for_a_person():
    many = ABOUT[: len(ABOUT) // 4]
    assert needs_a_person(hold(many, 0.2 * len(many)), BATTLES)
    assert not needs_a_person(hold(many, 0.9 * len(many)), BATTLES)  # mostly an attacker's
    assert not needs_a_person(hold(ABOUT[:5], 1.0), BATTLES)  # hardly any
    assert not needs_a_person(replace(hold(many, 0.0), of="voter"), BATTLES)
