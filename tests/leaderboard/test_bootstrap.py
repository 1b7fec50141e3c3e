import numpy as np
import pytest

from leaderboard import Tallies, Verdict, rank
from leaderboard.bootstrap import bootstrap
from leaderboard.errors import NotEstimable


def test_resampling_agrees_with_the_sandwich(tallies: Tallies, rng: np.random.Generator):
    drawn, estimate = bootstrap(tallies, rng, rounds=300), rank(tallies).boards[0]
    assert drawn.contenders == estimate.contenders
    assert drawn.ratings.shape == (300, 8)
    assert np.median(drawn.errors / estimate.errors) == pytest.approx(1, abs=0.08)
    assert (np.abs(drawn.ratings.mean(axis=0) - estimate.ratings) < 0.5 * estimate.errors).all()


def test_draws_that_connect_nobody_are_left_out_and_counted(rng: np.random.Generator):
    drawn = bootstrap(Tallies.from_counts([("x", "y", Verdict.A, 3), ("x", "y", Verdict.B, 1)]), rng, rounds=200)
    # A draw of four misses the only loss with probability (3/4)^4, the wins with (1/4)^4.
    assert drawn.disconnected / 200 == pytest.approx(0.32, abs=0.1)
    assert len(drawn.ratings) + drawn.disconnected == 200
    assert np.isfinite(drawn.ratings).all()


def test_hardly_any_usable_draw_is_said_and_not_shown_as_certainty(rng: np.random.Generator):
    with pytest.raises(NotEstimable, match="Too few votes"):
        bootstrap(Tallies.from_counts([("x", "y", Verdict.A, 10**6), ("x", "y", Verdict.B, 1)]), rng, rounds=1)
