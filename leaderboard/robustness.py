"""Robustness: the fewest votes whose removal reverses the order of two contenders.

The fit's influence function predicts how removing one vote changes the gap between two ratings. The change is the same
for all votes of a cell (wins of one over another, or ties of two), so the most effective votes are found by sorting the
cells of the tallies. Broderick, Giordano and Meager, arXiv 2011.14999; for arenas Huang and others, arXiv 2508.11847.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.linalg

from leaderboard import bradley_terry
from leaderboard.arrays import FloatArray, IntArray
from leaderboard.bradley_terry import Fit, win_probabilities
from leaderboard.connectivity import largest_core
from leaderboard.tallies import Record, Tallies

# Ratings that differ by less than this (in natural units) are taken to be equal.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Overturn:
    """The votes that hold one contender above another.

    Attributes:
        above: the contender rated higher.
        below: the one rated lower.
        votes: how many votes must be removed to reverse the order, to within two percent, confirmed by a fit without
            them; None where no removal is predicted to do so.
        share: these votes as a share of all votes of the largest core.
    """

    above: str
    below: str
    votes: int | None
    share: float


def votes_to_overturn_neighbours(tallies: Tallies) -> tuple[Overturn, ...]:
    """Return the votes that hold each contender of the largest core above the next one, from the top.

    Raises:
        NotEstimable: no two contenders are connected both ways.
    """
    core = largest_core(tallies)
    audit = _Audit.of(core)
    order = np.argsort(-audit.fit.strengths, kind="stable")
    return tuple(audit.overturn(int(above), int(below)) for above, below in pairwise(order))


def votes_to_overturn(tallies: Tallies, first: str, second: str) -> Overturn:
    """Return the votes that hold one of two contenders of the largest core above the other.

    Raises:
        NotEstimable: no two contenders are connected both ways, or one of these is not among them.
    """
    core = largest_core(tallies)
    audit = _Audit.of(core)
    places = [core.place(name) for name in (first, second)]
    above, below = sorted(places, key=lambda place: -audit.fit.strengths[place])
    return audit.overturn(above, below)


@dataclass(frozen=True, eq=False, slots=True)
class _Audit:
    """A fit, with the inverse of its information, from which the effect of removing votes is predicted."""

    contenders: tuple[str, ...]
    record: Record
    fit: Fit
    inverse: FloatArray

    @classmethod
    def of(cls, core: Tallies) -> "_Audit":
        fit = bradley_terry.fit(core.counted)
        return cls(core.contenders, core.counted, fit, scipy.linalg.inv(fit.information))

    def overturn(self, above: int, below: int) -> Overturn:
        counts, effects = self._cells(above, below)
        order = np.argsort(-effects, kind="stable")
        order = order[(effects[order] > 0) & (counts[order] > 0)]
        gap = float(self.fit.strengths[above] - self.fit.strengths[below])

        def gap_without(votes: int) -> float:
            wins, ties = _most_effective(votes, order, counts).reshape(2, *self.record.wins.shape)
            return self._gap_without(Record(wins, ties + ties.T), above, below)

        votes = _fewest(gap, gap_without, _foreseen(gap, counts[order], effects[order]))
        share = 0.0 if votes is None else votes / float(counts.sum())
        return Overturn(self.contenders[above], self.contenders[below], votes, share)

    def _cells(self, above: int, below: int) -> tuple[FloatArray, FloatArray]:
        """Return each cell's votes, and by how much removing one of them closes the gap between `above` and `below`.

        The cells are the wins of each ordered pair, followed by the ties of each pair [2 M²].
        """
        chance = win_probabilities(self.fit.strengths)
        toward = self.inverse[above] - self.inverse[below]
        variance = np.diag(self.inverse)
        leverage = chance * chance.T * (variance[:, None] + variance[None, :] - 2 * self.inverse)
        # Removing a vote of full leverage would disconnect its contenders, so it counts as closing no gap.
        pull = np.divide(
            toward[:, None] - toward[None, :], 1 - leverage, out=np.zeros_like(leverage), where=leverage < 1 - ROUNDING
        )
        effects = np.stack([pull * chance.T, pull * (0.5 - chance)])
        counts = np.stack([self.record.wins, np.triu(self.record.ties)])
        return counts.ravel(), effects.ravel()

    def _gap_without(self, removed: Record, above: int, below: int) -> float:
        """Return the gap in a fit without these votes; not-a-number where the rest does not connect the contenders."""
        rest = Record(self.record.wins - removed.wins, self.record.ties - removed.ties)
        try:
            strengths = bradley_terry.fit(rest, start=self.fit.strengths).strengths
        except ArithmeticError:
            return math.nan
        return float(strengths[above] - strengths[below])


def _foreseen(gap: float, counts: FloatArray, effects: FloatArray) -> int | None:
    """Return how many votes, most effective first, are predicted to close more than the gap; None if too few."""
    closed = np.cumsum(counts * effects)
    cell = int(np.searchsorted(closed, gap, side="right"))
    if cell == len(closed):
        return None
    missing = gap - (closed[cell] - counts[cell] * effects[cell])
    return int(counts[:cell].sum() + np.floor(missing / effects[cell])) + 1


def _fewest(gap: float, gap_without: Callable[[int], float], guess: int | None) -> int | None:
    """Return the fewest votes without which the gap is negative, to within two percent, starting from a guess."""
    too_few, enough = 0, None
    while guess is not None and (enough is None or enough - too_few > max(1, enough // 50)):
        rest = gap_without(guess)
        if not rest < gap:
            return None
        # The prediction is linear in the votes and the gap is not quite. The secant through the last fit predicts where
        # the gap is zero; one percent more or less than that gives a bracket.
        secant = guess * gap / (gap - rest)
        if rest < -ROUNDING:
            enough, guess = guess, min(math.floor(secant * 0.99), guess - 1)
        else:
            too_few, guess = guess, max(math.ceil(secant * 1.01), guess + 1)
        guess = max(guess, too_few + 1) if enough is None else min(max(guess, too_few + 1), enough - 1)
    return enough


def _most_effective(votes: int, order: IntArray, counts: FloatArray) -> FloatArray:
    """Return how many of the first `votes` votes are in each cell, when cells are emptied in this order."""
    before = np.cumsum(counts[order]) - counts[order]
    taken = np.zeros_like(counts)
    taken[order] = np.clip(votes - before, 0, counts[order])
    return taken
