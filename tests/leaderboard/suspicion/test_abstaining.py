"""Which battles got a vote at all."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from leaderboard.suspicion.abstaining import SLACK, both_at_once, selective, vote_rates
from tests.leaderboard.suspicion.small_world import CONTENDERS, devoted, honest, together


def test_the_chance_is_the_binomial_one_with_the_slack():
    battles = devoted(1, voters=1, opened=40, first=0)
    found = selective(battles, battles.voter, 1, np.ones(CONTENDERS))
    about = np.count_nonzero((battles.left == 1) | (battles.right == 1))
    share = SLACK * about / (SLACK * about + len(battles) - about)
    assert found.chance[0, 1] == pytest.approx(binom.sf(about - 1, about, share))
    assert found.votes[0, 1] == about
    assert found.chance[0, [0, 2, 3, 4, 5]].min() > 0.01


def test_honest_voters_are_never_selective_though_they_leave_half_of_their_battles():
    battles = honest(voters=300)
    assert (selective(battles, battles.voter, 300, vote_rates(battles)).chance < 0.01).mean() < 0.002


def test_a_contender_that_drives_voters_away_makes_nobody_else_suspect():
    battles = honest(voters=300, voted=1.0)
    with_bad = (battles.left == 0) | (battles.right == 0)
    left = with_bad & (np.random.default_rng(3).random(len(battles)) < 0.9)
    battles = replace(battles, outcome=np.where(left, np.nan, battles.outcome))
    everybody = np.zeros(len(battles), int)
    rates = vote_rates(battles)
    assert rates[0] < 0.5 < rates[1:].min()
    assert selective(battles, everybody, 1, rates).chance.min() > 0.5


def test_a_contender_that_is_favoured_gets_no_allowance_for_it():
    battles = together(honest(), devoted(2, voters=40, opened=40, first=120))
    assert vote_rates(battles).max() == 1.0


def test_two_findings_together_are_as_rare_as_fisher_says():
    uniform = np.random.default_rng(1).random((2, 200_000))
    assert (both_at_once(*uniform) < 0.01).mean() == pytest.approx(0.01, rel=0.1)
