"""Weights of votes, which undo the effect that the choice of pairs has on averages.

Weights change the ratings only where Bradley–Terry does not hold exactly, so show the unweighted ratings beside them.
"""

import numpy as np

from leaderboard.arrays import FloatArray
from leaderboard.votes import Votes

# A pair with fewer votes than this gets the weight of a pair with this many; arena-rank uses the same bound.
MIN_PAIR_VOTES = 50


def inverse_propensity(probability: FloatArray) -> FloatArray:
    """Return the weights of votes from the logged probabilities with which their pairs were drawn [N].

    With these weights, averages are as if all pairs had been drawn uniformly. The mean weight is one.

    Raises:
        ValueError: a probability is not above 0 and at most 1.
    """
    if not ((probability > 0) & (probability <= 1)).all():
        raise ValueError("Sampling probabilities lie above 0 and are at most 1.")
    weights: FloatArray = 1 / probability
    return weights / weights.mean() if len(weights) else weights


def pair_balance(votes: Votes, *, min_pair_votes: int = MIN_PAIR_VOTES) -> FloatArray:
    """Return weights by which all pairs count equally, for votes without logged probabilities; the mean is one [N]."""
    size = len(votes.contenders)
    low, high = np.minimum(votes.left, votes.right), np.maximum(votes.left, votes.right)
    pair = low.astype(np.int64) * size + high
    weights: FloatArray = 1 / np.maximum(np.bincount(pair, minlength=size**2)[pair], min_pair_votes)
    weights /= weights.mean()
    return weights
