"""Cluster-robust errors, for votes that depend on each other: many by one voter, or on one prompt.

Votes of one cluster may all err in the same direction, so their scores are added before they are squared (Liang and
Zeger, Biometrika 73, 1986). The ratio to the independent error shows how much that matters: far above one, a few voters
or prompts decide much of the ratings.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from leaderboard import bradley_terry
from leaderboard.arrays import FloatArray, IntArray
from leaderboard.connectivity import largest_core
from leaderboard.covariance import around, sandwich, standard_errors, unseen_decisions
from leaderboard.errors import NotEstimable
from leaderboard.estimate import Estimate
from leaderboard.tallies import OUTCOMES, Tallies
from leaderboard.votes import Votes


@dataclass(frozen=True, eq=False, slots=True)
class ClusterRobust:
    """Ratings of the largest core with errors that hold if votes within a cluster depend on each other.

    Attributes:
        estimate: the same ratings as without clusters, with the robust covariance.
        ratio: robust error over independent error, by contender [M].
        num_clusters: clusters with a vote among these contenders.
    """

    estimate: Estimate
    ratio: FloatArray
    num_clusters: int


def cluster_robust(votes: Votes, labels: "pd.Series[str]", *, weights: FloatArray | None = None) -> ClusterRobust:
    """Return the ratings with errors clustered by a label.

    Args:
        votes: the votes.
        labels: the cluster of each vote, such as its voter or prompt; a vote without one is a cluster by itself [N].
        weights: the weight of each vote; all one by default [N].

    Raises:
        NotEstimable: no two contenders are connected both ways, or there is only one cluster.
    """
    core = largest_core(Tallies.from_votes(votes, weights=weights))
    fit = bradley_terry.fit(core.record)
    places = votes.places_in(core.contenders)
    inside = np.flatnonzero((places[votes.left] >= 0) & (places[votes.right] >= 0))
    left, right = places[votes.left[inside]], places[votes.right[inside]]
    chance = bradley_terry.win_probabilities(fit.strengths)[left, right]
    score = OUTCOMES[votes.verdict[inside]] - chance
    if weights is not None:
        score = score * weights[inside]
    cluster = _numbered(labels.iloc[inside])
    num_clusters = int(cluster.max()) + 1
    if num_clusters < 2:
        raise NotEstimable("All votes are in one cluster, so the variation between clusters cannot be measured.")
    scores = csr_array(
        (np.concatenate([score, -score]), (np.tile(cluster, 2), np.concatenate([left, right]))),
        shape=(num_clusters, len(core.contenders)),
    )
    meat = (scores.T @ scores).toarray() * (num_clusters / (num_clusters - 1))
    robust = around(fit.information, meat + unseen_decisions(core))
    independent = sandwich(fit, core)
    return ClusterRobust(
        estimate=Estimate.from_strengths(core.contenders, fit.strengths, robust),
        ratio=standard_errors(np.diag(robust)) / standard_errors(np.diag(independent)),
        num_clusters=num_clusters,
    )


def _numbered(labels: "pd.Series[str]") -> IntArray:
    """Return clusters as numbers from 0, a new one for each missing label."""
    codes = pd.factorize(labels)[0].astype(np.int64)
    missing = codes < 0
    codes[missing] = codes.max(initial=-1) + 1 + np.arange(missing.sum())
    return codes
