"""Cohorts find what is spread over many voters."""

import numpy as np

from leaderboard.suspicion.abstaining import vote_rates
from leaderboard.suspicion.cohorts import LEAST_VOTERS, divisions, score_cohorts
from leaderboard.suspicion.expected import fit
from leaderboard.suspicion.opened import UNKNOWN, OpenedBattles
from tests.leaderboard.suspicion.small_world import devoted, honest, together


def scored(battles: OpenedBattles):
    board, rates = fit(battles.where(battles.voted)), vote_rates(battles)
    return [score_cohorts(battles, board, battles.voted, division, rates) for division in divisions(battles)]


def test_no_cohort_of_honest_voters_stands_out():
    assert min(scores.chance.min() * scores.chance.size for scores in scored(honest(voters=300))) > 1e-3


def test_a_burst_of_voters_with_three_votes_each_stands_out_by_its_day_and_size():
    scores = scored(together(honest(), devoted(3, voters=40, opened=9, first=120, day=7)))
    by_day = [one for one in scores if one.division.name == "first seen within 1 days"]
    best = min(by_day, key=lambda one: one.chance.min())
    cohort, contender = np.unravel_index(best.chance.argmin(), best.chance.shape)
    assert contender == 3
    assert best.chance.min() < 1e-9
    assert best.purity[cohort, contender] > 0.8


def test_slow_voters_on_fresh_prompts_stand_out_by_the_battles_that_they_leave():
    scores = scored(together(honest(), devoted(3, voters=60, opened=9, first=120)))
    share = next(one for one in scores if one.division.name == "share of battles voted on")
    assert share.chance.min() < 1e-6
    assert share.chance.min(axis=0).argmin() == 3


def test_what_is_not_known_divides_nobody():
    battles = honest()
    blank = np.full(len(battles), UNKNOWN)
    unknown = OpenedBattles(
        battles.num_contenders, battles.left, battles.right, battles.voter, battles.outcome, blank, {"network": blank}
    )
    assert {division.name for division in divisions(unknown)} <= {"share of battles voted on"}


def test_a_network_with_fewer_voters_than_make_a_cohort_is_not_judged():
    battles = honest()
    networks = np.where(battles.voter < LEAST_VOTERS - 1, 5, UNKNOWN)
    named = OpenedBattles(
        battles.num_contenders,
        battles.left,
        battles.right,
        battles.voter,
        battles.outcome,
        battles.first_seen,
        {"network": networks},
    )
    assert "network" not in {division.name for division in divisions(named)}
