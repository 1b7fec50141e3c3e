import numpy as np

from leaderboard.ballots import among, of_gaps
from leaderboard.votes import Votes


def test_votes_with_others_are_left_out_and_places_are_those_in_the_given_order(votes: Votes):
    inside, left, right = among(votes, votes.contenders[3:0:-1])
    assert inside.tolist() == [{a, b} <= {1, 2, 3} for a, b in zip(votes.left, votes.right, strict=True)]
    assert left.tolist() == [3 - place for place in votes.left[inside]]
    assert set(right) == {0, 1, 2}


def test_a_fit_without_further_parameters_has_ballots_without_them():
    ballots = of_gaps(np.zeros(2, np.int64), np.ones(2, np.int64), np.ones(2), np.ones(2), np.eye(3), np.zeros((3, 3)))
    assert (ballots.size, ballots.extra.shape, ballots.extra_extra.shape) == (3, (2, 0), (2, 0, 1))
