import pytest
from scipy.special import ndtr

from leaderboard import Tallies, Verdict, rank
from leaderboard.contrasts import contrasts
from leaderboard.errors import NotEstimable

FAMILY = Tallies.from_counts(
    [
        ("v3", "v2", Verdict.A, 60),
        ("v3", "v2", Verdict.B, 40),
        ("v2", "base", Verdict.A, 170),
        ("v2", "base", Verdict.B, 30),
        ("v3", "base", Verdict.A, 90),
        ("v3", "base", Verdict.B, 20),
        ("v3", "base", Verdict.BOTH_BAD, 10),
        ("other", "base", Verdict.A, 50),
        ("other", "base", Verdict.B, 50),
    ]
)


def test_every_two_members_are_compared_in_the_order_of_the_family():
    found = contrasts(FAMILY, ["v3", "v2", "base"])
    assert [(c.first, c.second) for c in found] == [("v3", "v2"), ("v3", "base"), ("v2", "base")]
    estimate = rank(FAMILY).boards[0]
    for contrast in found:
        assert contrast.difference == estimate.difference(contrast.first, contrast.second)


def test_direct_battles_are_reported_beside_the_difference_of_ratings():
    v3_base = contrasts(FAMILY, ["v3", "base"])[0]
    assert (v3_base.direct.votes, v3_base.direct.score) == (120, pytest.approx(95 / 120))
    assert v3_base.direct.decision == "a"
    assert v3_base.votes_needed == 0


def test_a_family_of_three_pays_for_its_three_comparisons():
    """Holm: the smallest p counts three times, the next two times, and none less than one before it."""
    found = contrasts(FAMILY, ["v3", "v2", "base"])
    single = sorted(2 * ndtr(-abs(c.difference.z)) for c in found)
    expected = [3 * single[0], max(3 * single[0], 2 * single[1]), max(2 * single[1], single[2])]
    assert sorted(c.p_value for c in found) == pytest.approx(expected)


def test_an_open_question_says_how_many_votes_would_close_it():
    close = Tallies.from_counts([("v3", "v2", Verdict.A, 52), ("v3", "v2", Verdict.B, 48)])
    contrast = contrasts(close, ["v3", "v2"])[0]
    assert contrast.direct.decision == "open"
    assert contrast.p_value > 0.5
    assert contrast.votes_needed is not None
    assert contrast.votes_needed > 1000


def test_equals_have_a_p_value_of_one_and_no_number_of_votes():
    even = Tallies.from_counts([("v3", "v2", Verdict.A, 50), ("v3", "v2", Verdict.B, 50)])
    contrast = contrasts(even, ["v3", "v2"])[0]
    assert contrast.p_value == pytest.approx(1)
    assert contrast.votes_needed is None


def test_a_member_without_a_rating_is_refused():
    with pytest.raises(NotEstimable, match="`v4` is not among"):
        contrasts(FAMILY, ["v4", "v3"])
