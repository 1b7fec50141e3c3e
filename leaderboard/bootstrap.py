"""The bootstrap: standard errors by resampling, to check those of the sandwich, with which it shares no algebra.

Each round draws as many votes from the tallies, with replacement, and fits them to their exact maximum.
"""

from dataclasses import dataclass

import numpy as np

from leaderboard import bradley_terry
from leaderboard.arrays import FloatArray
from leaderboard.connectivity import groups, largest_core
from leaderboard.errors import NotEstimable
from leaderboard.scale import CENTRE, ELO_PER_NAT
from leaderboard.tallies import Tallies


@dataclass(frozen=True, eq=False, slots=True)
class Bootstrap:
    """Ratings of resampled votes.

    Attributes:
        contenders: those of the largest core.
        ratings: in Elo, a row for each round [R, M].
        disconnected: how many rounds were left out because the drawn votes did not connect the contenders.
    """

    contenders: tuple[str, ...]
    ratings: FloatArray
    disconnected: int

    @property
    def errors(self) -> FloatArray:
        """Standard deviations over the rounds, in Elo [M]."""
        errors: FloatArray = self.ratings.std(axis=0, ddof=1)
        return errors


def bootstrap(tallies: Tallies, rng: np.random.Generator, *, rounds: int = 100) -> Bootstrap:
    """Resample and refit the votes of the largest core.

    Args:
        tallies: the votes.
        rng: the source of randomness.
        rounds: how often to resample.

    Raises:
        NotEstimable: no two contenders are connected both ways, or fewer than two rounds connect them.
    """
    core = largest_core(tallies)
    start = bradley_terry.fit(core.counted).strengths
    shares = core.counts.ravel() / core.num_votes
    ratings = []
    for _ in range(rounds):
        drawn = Tallies(core.contenders, rng.multinomial(core.num_votes, shares).reshape(core.counts.shape)).counted
        if not groups(drawn.scores > 0, strong=True).any():
            ratings.append(CENTRE + ELO_PER_NAT * bradley_terry.fit(drawn, start=start).strengths)
    if len(ratings) < 2:
        raise NotEstimable("Too few votes to draw from: hardly any draw connects the contenders.")
    return Bootstrap(core.contenders, np.array(ratings), rounds - len(ratings))
