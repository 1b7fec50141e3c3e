"""What the tests of the ratings share: small tallies and simulated ones."""

import numpy as np
import pytest

from leaderboard import Tallies, Verdict
from leaderboard.simulation import random_pairs, simulated_votes
from leaderboard.votes import Votes


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261122)


@pytest.fixture
def votes(rng: np.random.Generator) -> Votes:
    """3,000 votes on eight contenders a hundred points apart."""
    return simulated_votes(np.linspace(2, -2, 8), random_pairs(8, 3000, rng), rng)


@pytest.fixture
def tallies(votes: Votes) -> Tallies:
    return Tallies.from_votes(votes)


@pytest.fixture
def wikipedia() -> Tallies:
    """The worked example of Wikipedia's article on the Bradley–Terry model: row beat column."""
    won = {"A": {"B": 2, "D": 1}, "B": {"A": 3, "C": 5}, "C": {"B": 3, "D": 1}, "D": {"A": 4, "C": 3}}
    return Tallies.from_counts(
        (winner, loser, Verdict.A, count) for winner, row in won.items() for loser, count in row.items()
    )
