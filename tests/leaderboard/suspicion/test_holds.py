"""What is held in the end, and that it is always the same."""

import numpy as np

from leaderboard.suspicion.holds import find_holds, held
from leaderboard.suspicion.opened import OpenedBattles
from tests.leaderboard.suspicion.small_world import devoted, honest, together


def test_nothing_is_held_where_nobody_cheats():
    assert find_holds(honest(voters=300)) == ()


def test_nothing_is_held_where_there_is_nothing():
    nothing = honest(voters=1, opened=3, voted=0.0)
    assert find_holds(nothing) == ()
    empty = np.empty(0, dtype=np.int64)
    assert find_holds(OpenedBattles(0, empty, empty, empty, np.empty(0), empty)) == ()


def test_attackers_with_many_votes_are_held_whole_and_nobody_else_is():
    battles = together(honest(), devoted(1, voters=5, opened=120, first=120))
    holds = find_holds(battles)
    assert {(hold.of, hold.label) for hold in holds} == {("voter", voter) for voter in range(120, 125)}
    assert np.array_equal(held(battles, holds), battles.voted & (battles.voter >= 120))
    assert {hold.subject for hold in holds} == {1}


def test_of_a_cohort_only_votes_on_its_contender_are_held_won_or_lost():
    battles = together(honest(), devoted(3, voters=40, opened=9, first=120, day=7))
    holds = find_holds(battles)
    taken = held(battles, holds)
    about = (battles.left == 3) | (battles.right == 3)
    assert {hold.subject for hold in holds} == {3}
    assert not taken[~about].any()
    assert taken[battles.voted & (battles.voter >= 120)].mean() > 0.9
    assert taken[battles.voter < 120].sum() < 0.02 * battles.voted.sum()


def test_the_same_battles_in_another_order_give_the_same_holds():
    battles = together(
        honest(), devoted(1, voters=5, opened=120, first=120), devoted(3, voters=40, opened=9, first=125, day=7)
    )
    order = np.random.default_rng(4).permutation(len(battles))
    once, again = find_holds(battles), find_holds(battles.where(order))
    assert [(h.of, h.label, h.octave, h.subject) for h in once] == [(h.of, h.label, h.octave, h.subject) for h in again]
    assert np.array_equal(held(battles, once)[order], held(battles.where(order), again))
