import numpy as np
import pandas as pd
import pytest

from leaderboard.elo import elo
from leaderboard.votes import Votes


def played(*battles: tuple[str, str, str]) -> Votes:
    return Votes.from_frame(pd.DataFrame(battles, columns=["model_a", "model_b", "winner"]))


def test_two_battles_by_hand(rng: np.random.Generator):
    """The first win between equals moves k / 2; the second is against odds of 10^(4/400)."""
    ticker = elo(played(("x", "y", "model_a"), ("y", "x", "model_a")), rng, k=4)
    after_first = np.array([1002.0, 998.0])
    surprise = 1 - 1 / (1 + 10 ** (4 / 400))
    assert ticker.ratings == pytest.approx(after_first + 4 * surprise * np.array([-1, 1]))


def test_a_tie_of_equals_moves_nothing(rng: np.random.Generator):
    assert elo(played(("x", "y", "tie"), ("x", "y", "both_bad")), rng).ratings.tolist() == [1000, 1000]


def test_points_are_only_passed_on(votes: Votes, rng: np.random.Generator):
    ticker = elo(votes, rng, permutations=5)
    assert ticker.ratings.sum() == pytest.approx(8000)
    assert ticker.mean.sum() == pytest.approx(8000)


def test_the_order_of_votes_decides_and_the_spread_says_how_much(votes: Votes, rng: np.random.Generator):
    ticker = elo(votes, rng, k=32, permutations=50)
    backwards = Votes(votes.contenders, votes.left[::-1], votes.right[::-1], votes.verdict[::-1], votes.extra)
    assert np.abs(ticker.ratings - elo(backwards, rng, k=32, permutations=2).ratings).max() > 10
    assert (np.abs(ticker.ratings - ticker.mean) < 5 * ticker.spread).all()


def test_orders_that_cannot_differ_have_no_spread(rng: np.random.Generator):
    ticker = elo(played(*[("x", "y", "model_a")] * 20), rng, permutations=3)
    assert ticker.spread == pytest.approx([0, 0], abs=1e-9)
    assert ticker.mean == pytest.approx(ticker.ratings)


def test_no_votes_leave_nobody_to_rate(rng: np.random.Generator):
    assert elo(played(), rng).ratings.size == 0
