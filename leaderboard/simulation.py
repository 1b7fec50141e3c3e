"""Votes simulated from known strengths: to check a method against the truth, or to plan how many votes are needed."""

import numpy as np
import pandas as pd

from leaderboard.arrays import FloatArray, IntArray
from leaderboard.bradley_terry import logistic
from leaderboard.verdict import TIE, A, B
from leaderboard.votes import Votes


def simulated_votes(
    strengths: FloatArray,
    pairs: IntArray,
    rng: np.random.Generator,
    *,
    tie_rate: float = 0.2,
    left_advantage: float = 0.0,
) -> Votes:
    """Return one simulated vote for each pair, with the expected scores of Bradley–Terry.

    Args:
        strengths: in natural units [M].
        pairs: left and right contender of each battle, as places in `strengths` [N, 2].
        rng: the source of randomness.
        tie_rate: the share of ties between equals. It is lower where a win is nearly certain, to keep expected scores.
        left_advantage: log odds that the left side gains.
    """
    left, right = pairs[:, 0], pairs[:, 1]
    chance = logistic(strengths[left] - strengths[right] + left_advantage)
    # A tie takes equally much from the chances of a win and of a loss, so the expected score stays the same.
    tie = np.minimum(tie_rate, 2 * np.minimum(chance, 1 - chance))
    drawn = rng.random(len(pairs))
    verdict = np.where(drawn < tie, TIE, np.where(drawn < chance + tie / 2, A, B)).astype(np.int8)
    contenders = tuple(f"contender-{number:0{len(str(len(strengths) - 1))}}" for number in range(len(strengths)))
    return Votes(
        contenders, left.astype(np.int32), right.astype(np.int32), verdict, pd.DataFrame(index=range(len(pairs)))
    )


def random_pairs(num_contenders: int, num_votes: int, rng: np.random.Generator) -> IntArray:
    """Return pairs of different contenders, drawn uniformly in either order, as places [N, 2]."""
    left = rng.integers(0, num_contenders, num_votes)
    right = (left + rng.integers(1, num_contenders, num_votes)) % num_contenders
    return np.stack([left, right], axis=1)
