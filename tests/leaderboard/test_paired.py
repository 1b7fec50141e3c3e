"""Several votes on each prompt: intervals and tests that take prompts, not votes, for independent."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import binomtest

from leaderboard.paired import PromptCounts, by_prompt, sign_flips, win_share


def test_votes_are_counted_by_prompt():
    votes = [("p", 1.0), ("q", 0.5), ("p", 0.0), ("p", 1.0)]
    assert by_prompt(votes) == (PromptCounts(2, 0, 1), PromptCounts(0, 1, 0))


def test_ties_are_half_a_win():
    share = win_share([PromptCounts(90, 73, 89)])
    assert share is not None
    assert share.value == pytest.approx(0.5 + 0.5 / 252)
    assert (share.lower, share.upper, share.prompts) == (None, None, 1)
    assert win_share([]) is None
    assert win_share([PromptCounts(0, 0, 0)]) is None


def test_the_interval_is_that_of_a_mean_over_prompts(rng: np.random.Generator):
    won = rng.binomial(1, 0.6, 400)
    share = win_share(PromptCounts(int(one), 0, 1 - int(one)) for one in won)
    assert share is not None
    half = 1.96 * won.std() / 20
    assert (share.lower, share.upper) == pytest.approx((won.mean() - half, won.mean() + half), abs=0.004)
    assert share == win_share(PromptCounts(int(one), 0, 1 - int(one)) for one in won)


def test_five_votes_on_one_prompt_that_always_agree_are_one(rng: np.random.Generator):
    won = rng.binomial(1, 0.5, 100)
    once = win_share(PromptCounts(int(one), 0, 1 - int(one)) for one in won)
    five = win_share(PromptCounts(5 * int(one), 0, 5 - 5 * int(one)) for one in won)
    assert once == five


def test_with_a_vote_a_prompt_flips_are_the_exact_binomial_test():
    prompts = [PromptCounts(1, 0, 0)] * 14 + [PromptCounts(0, 0, 1)] * 5 + [PromptCounts(0, 1, 0)] * 9
    assert sign_flips(prompts) == pytest.approx(binomtest(14, 19).pvalue)
    assert sign_flips([PromptCounts(1, 0, 0)] * 90 + [PromptCounts(0, 0, 1)] * 89) == 1.0


def test_flips_are_all_counted(rng: np.random.Generator):
    prompts = [PromptCounts(*map(int, rng.multinomial(5, [0.5, 0.2, 0.3]))) for _ in range(9)]
    leans = [one.won - one.lost for one in prompts]
    sums = [
        abs(sum(sign * lean for sign, lean in zip(signs, leans, strict=True))) for signs in product((1, -1), repeat=9)
    ]
    assert sign_flips(prompts) == pytest.approx(np.mean([one >= abs(sum(leans)) for one in sums]))


def test_without_a_lean_there_is_no_evidence():
    assert sign_flips([]) == 1.0
    assert sign_flips([PromptCounts(2, 1, 2)]) == 1.0


def test_false_alarms_are_no_more_than_alpha_where_votes_on_a_prompt_agree(rng: np.random.Generator):
    """Five raters who all follow a prompt's taste: 250 votes are the evidence of 50 prompts, and are tested so."""
    alarms = 0
    for _ in range(200):
        taste = rng.beta(0.5, 0.5, 50)
        won = rng.binomial(5, taste)
        alarms += sign_flips(PromptCounts(int(one), 0, 5 - int(one)) for one in won) < 0.05
    assert 0.01 < alarms / 200 < 0.09
