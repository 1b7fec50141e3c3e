"""Sums of surprises: how far the votes of each group went beyond what was expected, and how likely that is by chance.

The variance of a sum has three parts: chance, tastes for contenders and for a side, and the error of the board. So a
fan is not a cheat until the votes outgrow taste.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from leaderboard.arrays import FloatArray, IntArray
from leaderboard.suspicion.expected import ExpectedVotes, Fitted
from leaderboard.suspicion.grouped import add_up, by_contender, count
from leaderboard.suspicion.opened import UNKNOWN, OpenedBattles
from leaderboard.suspicion.tails import upper_tails

# Standard deviations of honest tastes, in natural units. Wider ones spare fans and miss weaker attackers.
TASTE = 0.35
SIDE_TASTE = 0.15
SHARED_TASTE = 0.1  # of a whole cohort: a class, a company
# Normal scores below this are not refined: their chance is far above any level.
WORTH_REFINING = 2.5


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums of surprises over the votes of each group, and how likely they are.

    Attributes:
        votes: every battle has a vote [N].
        group: of each vote [N].
        num_groups: called G.
        fitted: the board.
        expectation: of each vote, without its group [N].
    """

    votes: OpenedBattles
    group: IntArray
    num_groups: int
    fitted: Fitted
    expectation: ExpectedVotes

    def chance(self, weight: FloatArray) -> FloatArray:
        """Return how likely at least this sum of weighted surprises is, for each group [G]."""
        variance = self.expectation.variance
        observed = add_up(self.group, weight * (self.votes.outcome - self.expectation.mean), self.num_groups)
        own = add_up(self.group, weight**2 * variance, self.num_groups)
        # The sum moves with the strengths by this much: the place where tastes and the board's error come in.
        moved = by_contender(
            self.group,
            self.votes.left,
            self.votes.right,
            weight * variance,
            self.num_groups,
            self.votes.num_contenders,
        )
        unsure = self.fitted.covariance + np.diag(_tastes(self.votes.num_contenders))
        noise = np.einsum("gi,ij,gj->g", moved, unsure, moved)
        return self._refined(observed, own, noise, self.group, weight, np.arange(len(self.votes)))

    def by_contender(self, identity: IntArray | None = None) -> FloatArray:
        """Return how likely so many surprising votes are for each contender, then against each [G, 2 M].

        Args:
            identity: the voter of each vote, if a group holds several: each then has tastes of their own [N].
        """
        size = self.votes.num_contenders
        rows = np.tile(np.arange(len(self.votes)), 2)
        cell = np.concatenate([self.group * size + self.votes.left, self.group * size + self.votes.right])
        sign = np.repeat([1.0, -1.0], len(self.votes))
        variance = self.expectation.variance[rows]
        cells = self.num_groups * size
        observed = add_up(cell, sign * (self.votes.outcome - self.expectation.mean)[rows], cells)
        own = add_up(cell, variance, cells)
        side = add_up(cell, sign * variance, cells)
        error = np.tile(np.diag(self.fitted.covariance)[:-1], self.num_groups)
        if identity is None:
            tastes = TASTE**2 * own**2 + SIDE_TASTE**2 * side**2
        else:
            tastes = TASTE**2 * _squares(cell, identity[rows], variance, cells) + SHARED_TASTE**2 * own**2
        noise = tastes + error * own**2
        directions = [self._refined(to * observed, own, noise, cell, to * sign, rows) for to in (1, -1)]
        return np.concatenate([part.reshape(self.num_groups, size) for part in directions], axis=1)

    def excess(self) -> tuple[FloatArray, FloatArray]:
        """Return how many votes, all for a contender, would explain a group's surprise; and all against [G, M] each."""
        size, cells = self.votes.num_contenders, self.num_groups * self.votes.num_contenders
        mean, outcome = self.expectation.mean, self.votes.outcome
        sides = ((self.votes.left, mean, outcome), (self.votes.right, 1 - mean, 1 - outcome))
        surprise, unexpected, votes = np.zeros((3, cells))
        for contender, expectation, result in sides:
            cell = self.group * size + contender
            surprise += add_up(cell, result - expectation, cells)
            unexpected += add_up(cell, 1 - expectation, cells)
            votes += count(cell, cells)
        # A vote that always wins is surprising by 1 - expected, on average over the group's battles.
        most = np.maximum(votes, 1)
        won = surprise / np.maximum(unexpected / most, 0.1)
        lost = -surprise / np.maximum(1 - unexpected / most, 0.1)
        shape = (self.num_groups, size)
        return won.reshape(shape), lost.reshape(shape)

    def _refined(
        self,
        observed: FloatArray,
        own: FloatArray,
        noise: FloatArray,
        group: IntArray,
        weight: FloatArray,
        rows: IntArray,
    ) -> FloatArray:
        deviation = np.sqrt(own + noise)
        score = np.divide(observed, deviation, out=np.zeros_like(observed), where=deviation > 0)
        chance = np.asarray(ndtr(-score))
        high = np.flatnonzero(score > WORTH_REFINING)
        place = np.full(len(observed), UNKNOWN)
        place[high] = np.arange(len(high))
        chosen = place[group] != UNKNOWN
        few = ExpectedVotes(self.expectation.mean[rows[chosen]], self.expectation.tie[rows[chosen]])
        chance[high] = upper_tails(observed[high], place[group[chosen]], weight[chosen], few, noise[high])
        return chance


def _squares(cell: IntArray, identity: IntArray, value: FloatArray, cells: int) -> FloatArray:
    """Return for each cell the sum over identities of their squared sums [cells]."""
    key = identity * cells + cell
    pairs, place = np.unique(key, return_inverse=True)
    return add_up(pairs % cells, add_up(place, value, len(pairs)) ** 2, cells)


def _tastes(num_contenders: int) -> FloatArray:
    """Return the variances of honest tastes: for each contender, then for the left side [M + 1]."""
    return np.append(np.full(num_contenders, TASTE**2), SIDE_TASTE**2)
