import math

import numpy as np
import pytest

from leaderboard import Tallies, Verdict
from leaderboard.errors import NotEstimable
from leaderboard.position import left_advantage
from leaderboard.scale import ELO_PER_NAT
from leaderboard.simulation import random_pairs, simulated_votes


def test_equals_of_whom_the_left_wins_three_of_four():
    rows = [(x, y, verdict, n) for x, y in ("xy", "yx") for verdict, n in ((Verdict.A, 30), (Verdict.B, 10))]
    advantage = left_advantage(Tallies.from_counts(rows))
    assert advantage.value == pytest.approx(ELO_PER_NAT * math.log(3))
    assert advantage.error == pytest.approx(ELO_PER_NAT * math.sqrt(1 / 60 + 1 / 20))


def test_the_stronger_always_standing_left_is_not_taken_for_an_advantage():
    rows = [("x", "y", Verdict.A, 30), ("x", "y", Verdict.B, 10), ("y", "x", Verdict.A, 1), ("y", "x", Verdict.B, 3)]
    assert left_advantage(Tallies.from_counts(rows)).value == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("counts", [(1, 1), (30, 10), (7000, 11)])
def test_who_always_stood_left_of_whom_cannot_be_told_from_how_strong_they_are(counts: tuple[int, int]):
    won, lost = counts
    rows = [(x, y, v, n) for x, y in ("xy", "yz") for v, n in ((Verdict.A, won), (Verdict.B, lost))]
    with pytest.raises(NotEstimable, match="cannot tell standing left from who stood there"):
        left_advantage(Tallies.from_counts(rows))


def test_a_known_advantage_is_found_within_its_error(rng: np.random.Generator):
    votes = simulated_votes(np.linspace(1, -1, 6), random_pairs(6, 20_000, rng), rng, left_advantage=0.3)
    advantage = left_advantage(Tallies.from_votes(votes))
    assert abs(advantage.value - 0.3 * ELO_PER_NAT) < 3 * advantage.error
    assert advantage.z > 10
