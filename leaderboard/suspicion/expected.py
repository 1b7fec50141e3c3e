"""What a vote is expected to say, by the votes of everybody else.

A voter's own votes pull the board towards themselves, and a detector that compares them with that board sees too
little. So each group of votes (of a voter, of a cohort) is judged by a fit without them. All are one Newton step from
the fit to all votes; the information is corrected for groups that hold a large share.

The fit is Bradley–Terry with ties as half a win, an advantage of the left side, and a weak prior that keeps it finite.
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg
from scipy.optimize import nnls

from leaderboard.arrays import BoolArray, FloatArray, IntArray
from leaderboard.bradley_terry import logistic
from leaderboard.conditional import PRIOR_PRECISION
from leaderboard.newton import Point, maximise
from leaderboard.suspicion.grouped import add_up, by_contender, count
from leaderboard.suspicion.opened import UNKNOWN, OpenedBattles

SIDE_PRECISION = 4.0  # of the left side's advantage: standard deviation of half a natural unit
# A group with more than this share of all votes gets information without its votes; the others share that of all.
LARGE = 0.01
# Nothing is impossible: at least this much of the smaller chance is left for a win against expectation.
MOST_TIES = 0.9


@dataclass(frozen=True, eq=False, slots=True)
class Fitted:
    """The board that detectors compare with.

    Attributes:
        place: strengths in natural units, then the advantage of the left side [M + 1].
        information: about these [M + 1, M + 1].
        covariance: of the strengths around their mean, and of the advantage [M + 1, M + 1].
        tie: chance of a tie is `tie[0]` plus `tie[1]` times twice the smaller chance of a win [2].
    """

    place: FloatArray
    information: FloatArray
    covariance: FloatArray
    tie: FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class ExpectedVotes:
    """What each of N votes was expected to say, by a board without the votes of its group.

    Attributes:
        mean: expected outcome for the left side [N].
        tie: chance of a tie [N].
    """

    mean: FloatArray
    tie: FloatArray

    @property
    def variance(self) -> FloatArray:
        """The outcome's variance [N]."""
        return self.mean * (1 - self.mean) - self.tie / 4


def fit(votes: OpenedBattles) -> Fitted:
    """Return the board by these votes; every battle has one."""
    size = votes.num_contenders
    cell = votes.left * size + votes.right
    number = count(cell, size * size).reshape(size, size)
    score = add_up(cell, votes.outcome, size * size).reshape(size, size)
    prior = np.append(np.full(size, PRIOR_PRECISION), SIDE_PRECISION)

    def posterior(place: FloatArray) -> Point:
        chance = _chances(place)
        surprise = score - number * chance
        gradient = np.append(surprise.sum(axis=1) - surprise.sum(axis=0), surprise.sum()) - prior * place
        return Point(gradient, _information(number * chance * (1 - chance)) + np.diag(prior))

    optimum = maximise(posterior, np.zeros(size + 1))
    chance = _chances(optimum.place)
    tie = _tie_chance(votes, number, chance)
    return Fitted(optimum.place, optimum.information, _of_differences(scipy.linalg.inv(optimum.information)), tie)


def _chances(place: FloatArray) -> FloatArray:
    strengths = place[:-1]
    return logistic(strengths[:, None] - strengths[None, :] + place[-1])


def _information(weight: FloatArray) -> FloatArray:
    """Return the information of ordered pairs with these weights [M + 1, M + 1]."""
    both = weight + weight.T
    side = weight.sum(axis=1) - weight.sum(axis=0)
    strengths = np.diag(both.sum(axis=1)) - both
    return np.block([[strengths, side[:, None]], [side[None], weight.sum(keepdims=True)]])


def _of_differences(covariance: FloatArray) -> FloatArray:
    """Return the covariance around the mean strength: where the whole board lies is known by the prior alone."""
    size = len(covariance) - 1
    centred = np.eye(size + 1)
    centred[:size, :size] -= 1 / size
    return np.asarray(centred @ covariance @ centred)


def _tie_chance(votes: OpenedBattles, number: FloatArray, chance: FloatArray) -> FloatArray:
    size = votes.num_contenders
    tied = votes.outcome == 0.5
    ties = count((votes.left * size + votes.right)[tied], size * size).reshape(size, size)
    met = number > 0
    weight = np.sqrt(number[met])
    likely = 2 * np.minimum(chance, 1 - chance)[met]
    design = np.stack([weight, weight * likely], axis=1)
    return np.asarray(nnls(design, ties[met] / weight)[0])


def expected(votes: OpenedBattles, group: IntArray, fitted: Fitted, counted: BoolArray) -> ExpectedVotes:
    """Return what each vote was expected to say without the votes of its group.

    Args:
        votes: every battle has a vote [N].
        group: of each vote, as numbers from 0; `UNKNOWN` for votes that are judged by the whole board [N].
        fitted: the board.
        counted: which of the votes are in the board [N]. Votes that are not in it cannot be taken out again.
    """
    places = _without_each_group(votes, group, fitted, counted)
    gap = places[group, votes.left] - places[group, votes.right] + places[group, -1]
    mean = logistic(gap)
    likely = 2 * np.minimum(mean, 1 - mean)
    return ExpectedVotes(mean, np.minimum(fitted.tie[0] + fitted.tie[1] * likely, MOST_TIES * likely))


def _without_each_group(votes: OpenedBattles, group: IntArray, fitted: Fitted, counted: BoolArray) -> FloatArray:
    """Return the board without each group, and in the last row, which `UNKNOWN` means, the board [G + 1, M + 1]."""
    num_groups = int(group.max(initial=UNKNOWN)) + 1
    inside = counted & (group != UNKNOWN)
    left, right, of = votes.left[inside], votes.right[inside], group[inside]
    chance = logistic(fitted.place[left] - fitted.place[right] + fitted.place[-1])
    pull = by_contender(of, left, right, votes.outcome[inside] - chance, num_groups, votes.num_contenders)
    steps = pull @ fitted.covariance
    share = count(of, num_groups) / max(1, int(np.count_nonzero(counted)))
    for large in np.flatnonzero(share > LARGE):
        mine = of == large
        weight = np.zeros((votes.num_contenders,) * 2)
        np.add.at(weight, (left[mine], right[mine]), (chance * (1 - chance))[mine])
        steps[large] = np.linalg.solve(fitted.information - _information(weight), pull[large])
    return np.vstack([fitted.place - steps, fitted.place])
