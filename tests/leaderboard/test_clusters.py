import numpy as np
import pandas as pd
import pytest

from leaderboard import Tallies, rank
from leaderboard.clusters import cluster_robust
from leaderboard.errors import NotEstimable
from leaderboard.votes import Votes


def repeated(votes: Votes, times: int) -> Votes:
    again = [np.tile(column, times) for column in (votes.left, votes.right, votes.verdict)]
    return Votes(votes.contenders, *again, pd.DataFrame(index=range(times * len(votes))))


def test_clusters_of_one_vote_are_independent_votes_but_for_the_small_sample_factor(votes: Votes, tallies: Tallies):
    robust = cluster_robust(votes, pd.Series(range(len(votes))))
    plain = rank(tallies).boards[0]
    assert robust.estimate.ratings == pytest.approx(plain.ratings)
    assert robust.estimate.covariance == pytest.approx(plain.covariance * 3000 / 2999)
    assert robust.ratio == pytest.approx([np.sqrt(3000 / 2999)] * 8)
    assert robust.num_clusters == 3000


def test_whoever_votes_nine_times_alike_counts_once(votes: Votes, tallies: Tallies):
    robust = cluster_robust(repeated(votes, 9), pd.Series(np.tile(np.arange(len(votes)), 9)))
    assert robust.estimate.errors == pytest.approx(rank(tallies).boards[0].errors, rel=1e-3)
    assert robust.ratio == pytest.approx([3] * 8, rel=1e-3)


def test_a_vote_without_a_label_is_a_cluster_of_its_own(votes: Votes):
    unlabelled = pd.Series([None] * len(votes), dtype=object)
    assert cluster_robust(votes, unlabelled).num_clusters == len(votes)
    half = unlabelled.copy()
    half[:1500] = "one voter"
    assert cluster_robust(votes, half).num_clusters == 1501


def test_weights_and_clusters_go_together(votes: Votes):
    threefold = cluster_robust(votes, pd.Series(range(len(votes))), weights=np.full(len(votes), 3.0))
    assert threefold.ratio == pytest.approx([np.sqrt(3000 / 2999)] * 8)


def test_a_single_cluster_cannot_tell_how_clusters_differ(votes: Votes):
    with pytest.raises(NotEstimable, match="one cluster"):
        cluster_robust(votes, pd.Series(["v"] * len(votes)))


def test_votes_that_connect_nobody_cannot_be_estimated():
    frame = pd.DataFrame({"model_a": ["x"] * 3, "model_b": ["y"] * 3, "winner": ["model_a"] * 3})
    with pytest.raises(NotEstimable, match="No two contenders are connected"):
        cluster_robust(Votes.from_frame(frame), pd.Series(["u", "v", "w"]))
