"""Scores of single voters, each kind with the voter that it is made for."""

from dataclasses import replace

import numpy as np
import pytest

from leaderboard.suspicion.expected import fit
from leaderboard.suspicion.opened import UNKNOWN, OpenedBattles
from leaderboard.suspicion.voters import FAMILIES, LEAST_VOTES, influence, score_voters
from tests.leaderboard.suspicion.small_world import CONTENDERS, STRENGTHS, devoted, honest, together

NEW = 120


def judge(odd: OpenedBattles):
    battles = together(honest(), odd)
    return score_voters(battles, fit(battles.where(battles.voted)), battles.voted)


def answering(rule, *, opened: int = 60) -> OpenedBattles:
    """Return a voter who votes on every battle by a rule of left and right."""
    battles = honest(voters=1, opened=opened, voted=1.0, first=NEW, seed=9)
    return replace(battles, outcome=rule(battles.left, battles.right).astype(float))


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("left", lambda left, right: np.ones(len(left))),
        ("right", lambda left, right: np.zeros(len(left))),
        ("contrary", lambda left, right: STRENGTHS[left] < STRENGTHS[right]),
        ("aligned", lambda left, right: (left == 2) | ((right != 2) & (right == 3)) | ((right != 2) & (left < right))),
    ],
)
def test_each_kind_of_score_finds_its_voter(name: str, rule):
    scores = judge(answering(rule))
    assert scores.voter[scores.chance.argmin()] == NEW
    assert scores.chance.min() < 1e-4
    if name != "aligned":
        assert FAMILIES[scores.family[scores.chance.argmin()]] == name
        assert scores.subject[scores.chance.argmin()] == UNKNOWN


def test_who_waits_for_one_contender_is_found_by_it_and_the_contender_is_named():
    scores = judge(devoted(4, voters=1, opened=60, first=NEW))
    found = scores.chance.argmin()
    assert (scores.voter[found], scores.subject[found]) == (NEW, 4)
    assert FAMILIES[scores.family[found]] in {"selective", "courting"}
    assert scores.chance[found] < 1e-6


def test_a_voter_who_does_not_read_is_found_only_where_speed_is_known():
    battles = together(honest(), honest(voters=1, opened=60, voted=1.0, first=NEW, seed=9))
    board = fit(battles.where(battles.voted))
    fast = replace(battles, too_fast=battles.voter == NEW)
    scores = score_voters(fast, board, battles.voted)
    assert FAMILIES[scores.family[scores.chance.argmin()]] == "hasty"
    assert scores.voter[scores.chance.argmin()] == NEW
    assert score_voters(battles, board, battles.voted).chance.min() > 1e-3


def test_honest_voters_are_not_suspect_and_those_with_few_votes_are_not_judged():
    scores = judge(honest(voters=1, opened=LEAST_VOTES - 1, voted=1.0, first=NEW, seed=9))
    assert NEW not in scores.voter
    assert (scores.chance < 0.01).mean() <= 0.02


def test_a_fan_is_not_a_cheat_until_the_votes_outgrow_taste():
    fan = honest(voters=1, opened=80, voted=1.0, first=NEW, seed=11)
    taste = np.where(fan.left == 4, 1.0, 0.0) - np.where(fan.right == 4, 1.0, 0.0)
    wins = np.random.default_rng(1).random(80) < 1 / (
        1 + np.exp(-(STRENGTHS[fan.left] - STRENGTHS[fan.right] + 0.35 * taste))
    )
    scores = judge(replace(fan, outcome=wins.astype(float)))
    assert scores.chance[scores.voter == NEW][0] > 0.01


def test_influence_is_largest_for_the_contender_itself_and_against_the_next_above():
    battles = honest(voters=400)
    gains = influence(fit(battles.where(battles.voted)))
    for contender in range(CONTENDERS - 1):
        assert gains[contender].argmax() == contender
        assert gains[contender].argmin() == contender + 1
    assert gains[CONTENDERS - 1].argmin() == CONTENDERS - 2
