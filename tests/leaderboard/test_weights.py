import numpy as np
import pytest

from leaderboard import Tallies, bradley_terry, rank
from leaderboard.votes import Votes
from leaderboard.weights import inverse_propensity, pair_balance


def test_inverse_propensity_by_hand():
    assert inverse_propensity(np.array([0.5, 0.25, 0.25])) == pytest.approx(np.array([2, 4, 4]) / (10 / 3))


@pytest.mark.parametrize("probability", [0.0, -0.1, 1.5, np.nan])
def test_an_impossible_probability_is_refused(probability: float):
    with pytest.raises(ValueError, match="Sampling probabilities"):
        inverse_propensity(np.array([0.5, probability]))


def test_a_vote_of_weight_two_moves_ratings_like_two_votes(votes: Votes):
    weights = 1.0 + (votes.left == 0)
    twice = np.repeat(np.arange(len(votes)), weights.astype(int))
    weighted = Tallies.from_votes(votes, weights=weights)
    repeated = Tallies.from_ids(votes.contenders, votes.left[twice], votes.right[twice], votes.verdict[twice])
    assert rank(weighted).boards[0].ratings == pytest.approx(rank(repeated).boards[0].ratings)
    assert weighted.num_votes == len(votes)


def test_the_scale_of_weights_changes_nothing(votes: Votes):
    plain = rank(Tallies.from_votes(votes)).boards[0]
    scaled = rank(Tallies.from_votes(votes, weights=np.full(len(votes), 7.0))).boards[0]
    assert scaled.ratings == pytest.approx(plain.ratings)
    assert scaled.covariance == pytest.approx(plain.covariance)


def test_the_scale_of_weights_changes_nothing_among_ties_either():
    left, right, verdict = np.zeros(4, dtype=int), np.ones(4, dtype=int), np.full(4, 2)
    plain = rank(Tallies.from_ids("xy", left, right, verdict)).standings[0]
    scaled = rank(Tallies.from_ids("xy", left, right, verdict, weights=np.full(4, 7.0))).standings[0]
    assert scaled.upper == pytest.approx(plain.upper)


def test_uneven_weights_widen_the_errors(votes: Votes, rng: np.random.Generator):
    plain = rank(Tallies.from_votes(votes)).boards[0]
    uneven = rank(Tallies.from_votes(votes, weights=rng.exponential(size=len(votes)))).boards[0]
    # Weights with a variation coefficient of one are worth half as many votes.
    assert np.median(uneven.errors / plain.errors) == pytest.approx(np.sqrt(2), rel=0.1)


def test_balanced_pairs_weigh_alike_whatever_their_votes(rng: np.random.Generator):
    left = np.repeat([0, 1, 2], [1000, 100, 10]).astype(np.int32)
    right = np.repeat([1, 2, 0], [1000, 100, 10]).astype(np.int32)
    votes = Votes(tuple("xyz"), left, right, np.zeros(1110, dtype=np.int8), None)
    battles = Tallies.from_votes(votes, weights=pair_balance(votes)).record.battles
    assert battles[0, 1] == pytest.approx(battles[1, 2])
    # Ten votes weigh as if the pair had fifty.
    assert battles[2, 0] == pytest.approx(battles[0, 1] / 5)
    assert bradley_terry.win_probabilities(np.zeros(3))[0, 0] == 0.5
