"""CR2 and Satterthwaite's degrees of freedom, against the same formulas written out over single votes."""

import numpy as np
import pandas as pd
import pytest
import scipy.linalg
from numpy.typing import NDArray
from scipy.stats import chi2

from leaderboard import Tallies, bradley_terry, dependence
from leaderboard.ballots import of_gaps
from leaderboard.clusters import cluster_robust
from leaderboard.connectivity import largest_core
from leaderboard.scale import ELO_PER_NAT
from leaderboard.simulation import random_pairs, simulated_votes
from leaderboard.tallies import OUTCOMES
from leaderboard.votes import Votes


@pytest.fixture
def few(rng: np.random.Generator) -> tuple[Votes, pd.DataFrame]:
    """90 votes on four contenders by six voters, some of whom vote more than others."""
    votes = simulated_votes(np.array([0.6, 0.2, -0.1, -0.7]), random_pairs(4, 90, rng), rng)
    return votes, pd.DataFrame({"voter": rng.choice(6, 90, p=[0.3, 0.25, 0.2, 0.1, 0.1, 0.05])})


def written_out(votes: Votes, labels: pd.DataFrame, contrast: NDArray[np.float64]) -> tuple[float, float]:
    """Return CR2's variance of a contrast and its degrees of freedom, by matrices over votes."""
    fit = bradley_terry.fit(Tallies.from_votes(votes).record)
    number = len(votes)
    design = np.zeros((number, len(votes.contenders)))
    design[np.arange(number), votes.left] = 1
    design[np.arange(number), votes.right] = -1
    chance = bradley_terry.win_probabilities(fit.strengths)[votes.left, votes.right]
    weight = np.diag(chance * (1 - chance))
    bread = np.linalg.pinv(design.T @ weight @ design)
    residual = OUTCOMES[votes.verdict] - chance
    hat = weight @ design @ bread @ design.T
    working = (np.eye(number) - hat) @ weight @ (np.eye(number) - hat).T
    rows, variance = [], 0.0
    for cluster in np.unique(labels["voter"]):
        own = np.flatnonzero(labels["voter"] == cluster)
        left_over = np.eye(len(own)) - hat[np.ix_(own, own)]
        correction = scipy.linalg.inv(scipy.linalg.sqrtm(left_over)).real
        row = np.zeros(number)
        row[own] = contrast @ bread @ design[own].T @ correction
        rows.append(row)
        variance += float(row @ residual) ** 2
    forms = np.array(rows)
    omega = forms @ working @ forms.T
    return variance, float(np.trace(omega) ** 2 / np.trace(omega @ omega))


def test_variances_and_degrees_of_freedom_are_those_of_matrices_over_votes(few: tuple[Votes, pd.DataFrame]):
    votes, labels = few
    found = cluster_robust(votes, labels)
    way = found.dependences[0]
    for first in range(4):
        for second in range(first + 1, 4):
            contrast = np.eye(4)[first] - np.eye(4)[second]
            variance, degrees = written_out(votes, labels, contrast)
            assert way.pairs_degrees[first, second] == pytest.approx(degrees)
            independent = found.covariance[first, first] + found.covariance[second, second]
            independent -= 2 * found.covariance[first, second]
            excess = ELO_PER_NAT**2 * variance - chi2.ppf(0.45, degrees) / degrees * independent
            assert way.pairs_added[first, second] == pytest.approx(max(excess, 0.0))
    centred = np.eye(4)[1] - 1 / 4
    assert way.degrees[1] == pytest.approx(written_out(votes, labels, centred)[1])


def test_on_boards_too_large_for_it_degrees_of_freedom_are_near_the_exact_ones(
    few: tuple[Votes, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
):
    votes, labels = few
    exact = cluster_robust(votes, labels).dependences[0]
    monkeypatch.setattr(dependence, "MOST_PRODUCTS", 0.0)
    near = cluster_robust(votes, labels).dependences[0]
    assert near.degrees == pytest.approx(exact.degrees, rel=0.35)
    assert (near.degrees < exact.degrees * 1.1).all()


def test_clusters_are_handled_in_parts_of_any_size(few: tuple[Votes, pd.DataFrame], monkeypatch: pytest.MonkeyPatch):
    votes, labels = few
    whole = cluster_robust(votes, labels)
    monkeypatch.setattr(dependence, "AT_A_TIME", 1)
    assert cluster_robust(votes, labels).margins() == pytest.approx(whole.margins())


def test_further_meat_belongs_to_both_errors(few: tuple[Votes, pd.DataFrame]):
    votes, labels = few
    core = largest_core(Tallies.from_votes(votes))
    fit = bradley_terry.fit(core.record)
    chance = bradley_terry.win_probabilities(fit.strengths)[votes.left, votes.right]
    bread = scipy.linalg.inv(fit.information)
    further = 5 * (np.eye(4) - 1 / 4)
    ballots = of_gaps(
        votes.left.astype(np.int64),
        votes.right.astype(np.int64),
        OUTCOMES[votes.verdict] - chance,
        chance * (1 - chance),
        bread,
        further,
    )
    nothing = np.zeros((4, 4))
    with_it = dependence.dependences(ballots, labels, nothing)[0].dependence.added
    without = cluster_robust(votes, labels)
    assert (with_it > ELO_PER_NAT**2 * np.diag(bread @ further @ bread)).all()
    assert len(without.dependences) == 1
