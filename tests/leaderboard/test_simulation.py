"""Simulated votes: what tests, plans and benchmarks take for the truth."""

import numpy as np
import pytest

from leaderboard.simulation import random_pairs, simulated_votes
from leaderboard.tallies import OUTCOMES
from leaderboard.verdict import TIE

NUM = 200_000


def between(gap: float, rng: np.random.Generator, **options: float) -> tuple[float, float]:
    """Return the left side's mean score and the share of ties, of many votes on two this far apart."""
    pairs = np.tile([0, 1], (NUM, 1))
    verdict = simulated_votes(np.array([gap, 0.0]), pairs, rng, **options).verdict
    return float(OUTCOMES[verdict].mean()), float((verdict == TIE).mean())


@pytest.mark.parametrize("tie_rate", [0.0, 0.2, 0.9])
def test_the_mean_score_is_bradley_terrys_however_many_ties_there_are(tie_rate: float, rng: np.random.Generator):
    score, ties = between(np.log(3), rng, tie_rate=tie_rate)
    assert score == pytest.approx(0.75, abs=0.004)
    assert ties == pytest.approx(min(tie_rate, 0.5), abs=0.004)  # more would need wins or losses below zero


def test_the_left_gains_its_advantage(rng: np.random.Generator):
    score, _ = between(0.0, rng, left_advantage=float(np.log(3)))
    assert score == pytest.approx(0.75, abs=0.004)


def test_nobody_meets_itself_and_all_ordered_pairs_are_equally_likely(rng: np.random.Generator):
    pairs = random_pairs(3, 60_000, rng)
    kinds, counts = np.unique(pairs, axis=0, return_counts=True)
    assert kinds.tolist() == [[0, 1], [0, 2], [1, 0], [1, 2], [2, 0], [2, 1]]
    assert counts == pytest.approx([10_000] * 6, rel=0.05)


def test_names_sort_as_their_places_do(rng: np.random.Generator):
    contenders = simulated_votes(np.zeros(101), random_pairs(101, 5, rng), rng).contenders
    assert list(contenders) == sorted(contenders)
    assert contenders[7] == "contender-007"
