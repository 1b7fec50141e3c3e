"""Sums of surprises of honest voters are as likely as they say."""

from dataclasses import replace

import numpy as np

from leaderboard.suspicion.expected import expected, fit
from leaderboard.suspicion.surprises import Sums
from tests.leaderboard.suspicion.small_world import CONTENDERS, devoted, honest, together


def sums(battles):
    votes = battles.where(battles.voted)
    fitted = fit(votes)
    return votes, Sums(
        votes, votes.voter, battles.num_voters, fitted, expected(votes, votes.voter, fitted, votes.voted)
    )


def test_honest_voters_stand_out_no_more_often_than_by_chance():
    votes, honestly = sums(honest(voters=500))
    assert (honestly.chance(np.ones(len(votes))) < 0.05).mean() < 0.06
    assert (honestly.by_contender() < 0.01).mean() < 0.011


def test_a_devoted_voter_stands_out_for_that_contender_alone():
    _, found = sums(together(honest(), devoted(4, voters=1, opened=60, first=120)))
    chance = found.by_contender()[120]
    assert chance[4] < 1e-3
    assert chance.argmin() == 4
    assert (found.by_contender()[120, CONTENDERS:][[4]] > 0.99).all()  # and not against it


def test_the_same_votes_of_many_voters_are_more_telling_than_those_of_one_fan():
    battles = together(honest(), devoted(3, voters=20, opened=12, first=120))
    votes = battles.where(battles.voted & (battles.voter >= 120))
    fitted = fit(battles.where(battles.voted))
    one = np.zeros(len(votes), int)
    crowd = Sums(votes, one, 1, fitted, expected(votes, one, fitted, votes.voted))
    assert crowd.by_contender(votes.voter)[0, 3] < crowd.by_contender()[0, 3] / 100


def test_the_excess_is_the_number_of_devoted_votes():
    few = devoted(2, voters=10, opened=30, first=120)
    battles = together(honest(), few)
    votes = battles.where(battles.voted)
    inside = replace(votes, voter=np.where(votes.voter < 30, 0, np.where(votes.voter < 120, 1, 0)))
    fitted = fit(votes.where(votes.voter < 120))
    expectation = expected(votes, inside.voter, fitted, votes.voter < 120)
    won, lost = Sums(votes, inside.voter, 2, fitted, expectation).excess()
    planted = np.count_nonzero(few.voted)
    assert abs(won[0, 2] - planted) < 0.2 * planted
    assert lost[0, 2] < 0
