"""What a vote is expected to say without its voter."""

import numpy as np

from leaderboard import Tallies
from leaderboard.suspicion.expected import expected, fit
from leaderboard.suspicion.opened import UNKNOWN
from tests.leaderboard.suspicion.small_world import honest, together


def test_the_board_agrees_with_the_ranking_where_votes_are_many():
    battles = honest(voters=400)
    votes = battles.where(battles.voted)
    place = fit(votes).place
    tallies = Tallies.from_ids(
        [f"c{number}" for number in range(6)],
        votes.left,
        votes.right,
        np.select([votes.outcome == 1, votes.outcome == 0], [0, 1], 2),
    )
    from leaderboard.bradley_terry import fit as plain
    from leaderboard.connectivity import largest_core

    assert np.abs(place[:-1] - plain(largest_core(tallies).record).strengths).max() < 0.02


def test_leaving_a_voter_out_is_as_good_as_a_new_fit_without_the_voter():
    battles = honest(voters=60)
    votes = battles.where(battles.voted)
    heavy = np.where(votes.voter < 12, 0, votes.voter - 11)  # one voter with a fifth of all votes
    board = fit(votes)
    left_out = expected(votes, heavy, board, np.ones(len(votes), bool))
    for voter in (0, 1, 30):
        mine = heavy == voter
        afresh = fit(votes.where(~mine))
        alone = np.full(mine.sum(), UNKNOWN)
        new = expected(votes.where(mine), alone, afresh, np.ones(mine.sum(), bool))
        with_own = expected(votes.where(mine), alone, board, np.ones(mine.sum(), bool))
        assert np.abs(left_out.mean[mine] - new.mean).max() < 0.003
        assert np.abs(left_out.mean[mine] - new.mean).max() < np.abs(with_own.mean - new.mean).max() / 3


def test_votes_that_are_not_in_the_board_are_not_taken_out_of_it():
    battles = together(honest(voters=60), honest(voters=1, first=60, seed=5))
    votes = battles.where(battles.voted)
    counted = votes.voter < 60
    board = fit(votes.where(counted))
    assert np.array_equal(
        expected(votes, votes.voter, board, counted).mean[~counted],
        expected(votes, np.full(len(votes), UNKNOWN), board, counted).mean[~counted],
    )


def test_an_expected_outcome_has_the_mean_and_the_variance_of_the_votes():
    battles = honest(voters=600)
    votes = battles.where(battles.voted)
    expectation = expected(votes, votes.voter, fit(votes), np.ones(len(votes), bool))
    surprise = votes.outcome - expectation.mean
    assert abs(surprise.mean()) < 0.01
    assert abs(np.mean(surprise**2) / expectation.variance.mean() - 1) < 0.03
    assert abs((votes.outcome == 0.5).mean() - expectation.tie.mean()) < 0.01


def test_a_board_of_one_vote_is_finite():
    battles = honest(voters=1, opened=1, voted=1.0)
    board = fit(battles)
    assert np.isfinite(board.place).all()
    assert np.isfinite(expected(battles, np.zeros(1, int), board, np.ones(1, bool)).mean).all()
