"""Bradley–Terry ratings with errors that hold if votes depend on each other (`dependence` says how)."""

import numpy as np
import pandas as pd
import scipy.linalg

from leaderboard import bradley_terry
from leaderboard.arrays import FloatArray
from leaderboard.ballots import among, of_gaps
from leaderboard.connectivity import largest_core
from leaderboard.covariance import sandwich, unseen_decisions
from leaderboard.dependence import dependences
from leaderboard.estimate import Estimate
from leaderboard.tallies import OUTCOMES, Tallies
from leaderboard.votes import Votes


def cluster_robust(votes: Votes, labels: pd.DataFrame, *, weights: FloatArray | None = None) -> Estimate:
    """Return the ratings of the largest core; its `dependences` are what dependent votes add to the errors.

    Args:
        votes: the votes.
        labels: a column for each way in which votes may depend, such as `voter` and `prompt`; a vote without a label
            shares it with no other [N].
        weights: the weight of each vote; all one by default [N].

    Raises:
        NotEstimable: no two contenders are connected both ways, or there are fewer than three clusters.
    """
    core = largest_core(Tallies.from_votes(votes, weights=weights))
    fit = bradley_terry.fit(core.record)
    inside, left, right = among(votes, core.contenders)
    chance = bradley_terry.win_probabilities(fit.strengths)[left, right]
    weight = np.ones(len(left)) if weights is None else weights[inside]
    gap = weight * (OUTCOMES[votes.verdict[inside]] - chance)
    bread = scipy.linalg.inv(fit.information)
    ballots = of_gaps(left, right, gap, weight * chance * (1 - chance), bread, unseen_decisions(core))
    independent = sandwich(fit, core)
    ways = dependences(ballots, labels.loc[inside], independent)
    return Estimate.from_strengths(core.contenders, fit.strengths, independent, tuple(way.dependence for way in ways))
