import math

import numpy as np
import pytest

from leaderboard import Tallies, Verdict, rank
from leaderboard.estimate import Estimate
from leaderboard.sequential import TUNED_FOR, anytime_margin, compare, votes_still_needed


def test_a_sequence_is_narrowest_in_proportion_where_it_is_tuned():
    ratios = [anytime_margin(1, votes) / 1.96 for votes in (TUNED_FOR // 10, TUNED_FOR, TUNED_FOR * 10)]
    assert ratios[1] == pytest.approx(1.6, abs=0.1)
    assert ratios[1] < ratios[0]
    assert ratios[1] < ratios[2]


def test_a_sequence_holds_at_all_looks_at_once_where_a_fixed_interval_does_not(rng: np.random.Generator):
    """Coins thrown 2,000 times by 1,000 people who look after every throw."""
    throws = np.arange(1, 2001)
    means = rng.integers(0, 2, (1000, 2000)).cumsum(axis=1) / throws
    margins = np.array([anytime_margin(0.5 / math.sqrt(t), int(t)) for t in throws])
    missed_at_any_time = (np.abs(means - 0.5) > margins).any(axis=1).mean()
    fixed = (np.abs(means - 0.5) > 1.96 * 0.5 / np.sqrt(throws))[:, 50:].any(axis=1).mean()
    assert missed_at_any_time < 0.05
    assert fixed > 0.3


def test_a_comparison_decides_only_when_it_may():
    assert compare(0, 0, 0).decision == "open"
    assert compare(30, 5, 25).decision == "open"
    assert compare(130, 20, 50).decision == "a"
    assert compare(50, 20, 130).decision == "b"
    assert compare(0, 500, 0).decision == "open"


def test_a_comparison_by_hand():
    comparison = compare(130, 20, 50)
    assert (comparison.votes, comparison.score) == (200, 0.7)
    margin = anytime_margin(0.5 / math.sqrt(200), 200)
    assert (comparison.lower, comparison.upper) == pytest.approx((0.7 - margin, 0.7 + margin))


def test_a_score_stays_between_nothing_and_everything():
    comparison = compare(3, 0, 0)
    assert (comparison.lower, comparison.upper) == (0.0, 1.0)


def test_as_many_votes_as_needed_do_separate_two_contenders():
    record = {Verdict.A: 90, Verdict.B: 80, Verdict.TIE: 30}
    tallies = Tallies.from_counts([("x", "y", verdict, count) for verdict, count in record.items()])
    needed = votes_still_needed(rank(tallies).boards[0], "x", "y", tie_rate=30 / 200)
    assert needed is not None
    factor = 1 + needed / 200
    more = Tallies.from_counts([("x", "y", verdict, round(count * factor)) for verdict, count in record.items()])
    # With 80 % power the expected z is 1.96 + 0.84.
    assert rank(more).boards[0].difference("x", "y").z == pytest.approx(2.80, abs=0.02)


def test_separated_contenders_need_no_more_votes_and_equals_can_never_be_separated():
    estimate = Estimate(("x", "y", "z"), np.array([1100.0, 1000.0, 1000.0]), 25 * np.eye(3))
    assert votes_still_needed(estimate, "x", "y", tie_rate=0.2) == 0
    assert votes_still_needed(estimate, "y", "z", tie_rate=0.2) is None


@pytest.mark.parametrize("tie_rate", [0.0, 0.5, 1.0])
def test_any_tie_rate_gives_a_number_of_votes(tie_rate: float):
    estimate = Estimate(("x", "y"), np.array([1300.0, 1000.0]), 300**2 * np.eye(2))
    needed = votes_still_needed(estimate, "x", "y", tie_rate=tie_rate)
    assert needed is not None
    assert needed > 0


def test_who_is_named_first_does_not_change_the_votes_needed():
    estimate = Estimate(("x", "y"), np.array([1005.0, 1000.0]), 25 * np.eye(2))
    assert votes_still_needed(estimate, "x", "y", tie_rate=0.2) == votes_still_needed(estimate, "y", "x", tie_rate=0.2)
