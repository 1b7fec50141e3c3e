"""Exact tests and intervals, against published figures and scipy's own."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from leaderboard.binomial import detectable_share, share_of, votes_for, wilson


def test_alpaca_against_davinci_is_not_told_apart():
    """90 : 89, as published: the interval reaches from 43.0 to 57.5 %."""
    share = share_of(90, 89)
    assert share.p_value == 1.0
    assert share.wilson == pytest.approx((0.4303, 0.5752), abs=5e-5)
    assert share.exact == pytest.approx((0.4272, 0.5782), abs=5e-5)


def test_pandalm_s_pairs_and_alpaca_eval_s_share():
    """From the published counts of PandaLM's test set, and AlpacaEval's row of Alpaca 7B (205 of 789 decisive)."""
    assert share_of(71, 24).p_value == pytest.approx(1.46e-6, rel=0.005)
    assert share_of(47, 49).p_value == pytest.approx(0.919, abs=5e-4)
    assert share_of(205, 584).wilson == pytest.approx((0.230, 0.292), abs=6e-4)


@pytest.mark.parametrize(("won", "lost"), [(0, 1), (1, 0), (5, 5), (0, 12), (30, 11), (90, 89)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_tests_and_intervals_are_scipy_s(won: int, lost: int, level: float):
    share, oracle = share_of(won, lost, level=level), binomtest(won, won + lost)
    assert share.p_value == pytest.approx(oracle.pvalue)
    for method, found in (("wilson", share.wilson), ("exact", share.exact)):
        interval = oracle.proportion_ci(level, method=method)
        assert found == pytest.approx((interval.low, interval.high))


def test_without_a_decisive_vote_nothing_is_known():
    share = share_of(0, 0)
    assert (share.value, share.p_value, share.wilson, share.exact) == (None, 1.0, (0.0, 1.0), (0.0, 1.0))
    assert wilson(0, 0) == (0.0, 1.0)
    with pytest.raises(ValueError, match="at least zero"):
        share_of(-1, 3)


@pytest.mark.parametrize(("votes", "share"), [(80, 0.655), (160, 0.610), (179, 0.605), (252, 0.588)])
def test_what_so_many_decisive_votes_find(votes: int, share: float):
    assert detectable_share(votes) == share
    assert votes_for(share) <= votes < votes_for(share - 0.001)


@pytest.mark.parametrize(("share", "votes"), [(0.55, 783), (0.60, 194), (0.65, 85)])
def test_how_many_votes_find_a_share(share: float, votes: int):
    assert votes_for(share) == votes == votes_for(1 - share)


def test_what_cannot_be_found_has_no_number():
    assert detectable_share(3) is None
    for share in (0.5, 0.0, 1.0):
        with pytest.raises(ValueError, match="not one half"):
            votes_for(share)


def test_the_planned_power_is_about_the_power_of_the_exact_test():
    """The exact test keeps below alpha, so its power is a little below that of the approximation."""
    rng = np.random.default_rng(1)
    won = rng.binomial(194, 0.6, 500)
    found = np.mean([share_of(int(one), 194 - int(one)).p_value < 0.05 for one in won])
    assert 0.72 < found < 0.84
    assert math.isclose(detectable_share(194) or 0, 0.6, abs_tol=1e-9)
