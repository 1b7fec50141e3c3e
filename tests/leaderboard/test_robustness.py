import numpy as np
import pytest

from leaderboard import Tallies, Verdict, bradley_terry, rank
from leaderboard.errors import NotEstimable
from leaderboard.robustness import votes_to_overturn, votes_to_overturn_neighbours


def test_twelve_to_ten_by_hand():
    """Each removed win closes 0.0873 of log(1.2) = 0.182: two are too few, and 10 : 10 is no turn."""
    overturn = votes_to_overturn(Tallies.from_counts([("x", "y", Verdict.A, 12), ("x", "y", Verdict.B, 10)]), "y", "x")
    assert (overturn.above, overturn.below, overturn.votes) == ("x", "y", 3)
    assert overturn.share == pytest.approx(3 / 22)


def test_every_gap_between_neighbours_is_audited(tallies: Tallies):
    overturns = votes_to_overturn_neighbours(tallies)
    standings = rank(tallies).standings
    assert [o.above for o in overturns] == [s.contender for s in standings[:-1]]
    assert [o.below for o in overturns] == [s.contender for s in standings[1:]]
    assert all(o.votes is not None and o.share == o.votes / 3000 for o in overturns)


def test_a_narrow_gap_needs_few_votes_and_a_wide_one_many():
    rows = [
        ("x", "y", Verdict.A, 501),
        ("x", "y", Verdict.B, 500),
        ("y", "z", Verdict.A, 700),
        ("y", "z", Verdict.B, 300),
    ]
    narrow, wide = votes_to_overturn_neighbours(Tallies.from_counts(rows))
    assert narrow.votes == 2
    # 299 : 300 is the first score that puts z first.
    assert wide.votes == pytest.approx(401, rel=0.02)


def test_a_hundred_per_cent_lead_is_not_foreseen_to_turn():
    rows = [(x, y, verdict, n) for x, y in ("xy", "yz", "xz") for verdict, n in ((Verdict.A, 900), (Verdict.B, 1))]
    overturn = votes_to_overturn(Tallies.from_counts(rows), "x", "z")
    assert (overturn.votes, overturn.share) == (None, 0.0)


def test_no_other_removal_of_as_many_votes_closes_more_of_the_gap(tallies: Tallies, rng: np.random.Generator):
    top = rank(tallies).standings[0].contender, rank(tallies).standings[1].contender
    needed = votes_to_overturn(tallies, *top).votes
    assert needed is not None
    for _ in range(20):
        taken = rng.multivariate_hypergeometric(tallies.counts.ravel(), needed).reshape(tallies.counts.shape)
        strengths = bradley_terry.fit(Tallies(tallies.contenders, tallies.counts - taken).record).strengths
        first, second = (tallies.contenders.index(name) for name in top)
        assert strengths[first] > strengths[second]


def test_a_contender_that_is_not_on_the_board_is_refused(tallies: Tallies):
    with pytest.raises(NotEstimable, match="`nobody` is not among"):
        votes_to_overturn(tallies, "nobody", tallies.contenders[0])
