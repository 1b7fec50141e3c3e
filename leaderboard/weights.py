"""Weights of votes: undo what the choice of pairs did to averages.

Weights change ratings only where Bradley–Terry does not hold exactly; show the unweighted rating beside.
"""

import numpy as np

from leaderboard.arrays import FloatArray
from leaderboard.votes import Votes

# arena-rank's bound: a pair with fewer votes than this weighs no more than one that has them.
MIN_PAIR_VOTES = 50


def inverse_propensity(probability: FloatArray) -> FloatArray:
    """Return weights for votes whose pair was drawn with these logged probabilities; their mean is one [N].

    Weighted so, all pairs count as if pairs had been drawn uniformly.

    Raises:
        ValueError: a probability is not above 0 and at most 1.
    """
    if not ((probability > 0) & (probability <= 1)).all():
        raise ValueError("Sampling probabilities lie above 0 and are at most 1.")
    weights: FloatArray = 1 / probability
    return weights / weights.mean() if len(weights) else weights


def pair_balance(votes: Votes, *, min_pair_votes: int = MIN_PAIR_VOTES) -> FloatArray:
    """Return weights that let every pair count alike where probabilities were not logged; their mean is one [N]."""
    size = len(votes.contenders)
    low, high = np.minimum(votes.left, votes.right), np.maximum(votes.left, votes.right)
    pair = low.astype(np.int64) * size + high
    weights: FloatArray = 1 / np.maximum(np.bincount(pair, minlength=size**2)[pair], min_pair_votes)
    weights /= weights.mean()
    return weights
