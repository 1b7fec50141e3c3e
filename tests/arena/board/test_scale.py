import pytest

from arena.board.scale import Scale
from leaderboard import Tallies, rank


def test_the_scale_holds_every_interval():
    standings = rank(Tallies.from_counts([("x", "y", "a", 9), ("y", "z", "a", 5), ("z", "x", "a", 3)])).standings
    scale = Scale.of(standings)
    ends = [(scale.left(one), scale.left(one) + scale.width(one)) for one in standings]
    assert min(left for left, _ in ends) == pytest.approx(0.0)
    assert max(right for _, right in ends) == pytest.approx(100.0)
    assert all(left < scale.dot(one) < right for one, (left, right) in zip(standings, ends, strict=True))


def test_a_board_without_ratings_has_a_scale_all_the_same():
    scale = Scale.of([])
    assert scale.lowest < scale.highest
