import math

import numpy as np
import pytest

from leaderboard import Status, Tallies, Verdict, rank
from leaderboard.simulation import random_pairs, simulated_votes


def test_standings_are_in_the_order_of_ratings(tallies: Tallies):
    standings = rank(tallies).standings
    assert [s.contender for s in standings] == [f"contender-{i}" for i in range(8)]
    assert [s.rating for s in standings] == sorted((s.rating for s in standings), reverse=True)


def test_ratings_are_on_the_elo_scale_around_a_thousand(wikipedia: Tallies):
    ratings = {s.contender: s.rating for s in rank(wikipedia).standings}
    assert sum(ratings.values()) == pytest.approx(4000)
    # 400 points are odds of ten to one.
    assert 10 ** ((ratings["D"] - ratings["A"]) / 400) == pytest.approx(2.270 / 0.640, rel=1e-3)


def test_win_probability_is_the_mean_chance_against_the_others(wikipedia: Tallies):
    strengths = {"A": 0.640, "B": 1.043, "C": 0.660, "D": 2.270}
    expected = np.mean([2.270 / (2.270 + strengths[other]) for other in "ABC"])
    assert rank(wikipedia).standings[0].win_probability == pytest.approx(expected, abs=1e-3)


def test_a_rating_is_provisional_until_its_interval_is_narrow(rng: np.random.Generator):
    for num_votes, status in ((200, Status.PROVISIONAL), (20_000, Status.ESTABLISHED)):
        votes = simulated_votes(np.linspace(1, -1, 5), random_pairs(5, num_votes, rng), rng)
        assert {s.status for s in rank(Tallies.from_votes(votes)).standings} == {status}


def test_a_higher_level_widens_intervals_and_rank_sets(tallies: Tallies):
    usual, sure = rank(tallies), rank(tallies, level=0.999)
    for narrow, wide in zip(usual.standings, sure.standings, strict=True):
        assert wide.lower < narrow.lower
        assert narrow.upper < wide.upper
        assert wide.rank_upper <= narrow.rank_upper <= narrow.rank_lower <= wide.rank_lower


def test_contenders_named_without_votes_keep_their_order_and_appear_once(tallies: Tallies):
    assert rank(tallies, contenders=["z", "contender-1", "y", "z"]).unrated == ("z", "y")


def test_contenders_whose_votes_were_all_taken_back_are_without_votes():
    ranking = rank(Tallies.from_counts([("x", "y", Verdict.A, 3), ("x", "y", Verdict.A, -3)]))
    assert ranking.unrated == ("x", "y")
    assert ranking.standings == ()


def test_ten_million_votes_give_the_same_ratings_as_ten(rng: np.random.Generator):
    few = [("x", "y", Verdict.A, 6), ("x", "y", Verdict.B, 3), ("x", "y", Verdict.TIE, 1)]
    many = [(left, right, verdict, 1_000_000 * count) for left, right, verdict, count in few]
    small, large = rank(Tallies.from_counts(few)).standings[0], rank(Tallies.from_counts(many)).standings[0]
    assert large.rating == pytest.approx(small.rating, abs=1e-9)
    assert (small.upper - small.rating) / (large.upper - large.rating) == pytest.approx(1000)
    assert math.isfinite(large.lower)


def test_intervals_hold_the_truth_as_often_as_they_say():
    """A small cousin of benchmarks/coverage.py: 60 boards of ten contenders."""
    rng, inside = np.random.default_rng(3), []
    for _ in range(60):
        strengths = rng.normal(0, 0.6, 10)
        votes = simulated_votes(strengths, random_pairs(10, 1500, rng), rng)
        truth = 1000 + (strengths - strengths.mean()) * 400 / math.log(10)
        places = {name: place for place, name in enumerate(votes.contenders)}
        standings = rank(Tallies.from_votes(votes)).standings
        inside += [s.lower <= truth[places[s.contender]] <= s.upper for s in standings]
    assert 0.92 < np.mean(inside) < 0.98
