"""How many votes decide an order: the fewest votes whose removal turns two contenders around.

What removing one vote does to a gap follows from the fit's influence function and is the same for all votes of a cell,
so the worst set is found from tallies by sorting cells. Broderick, Giordano and Meager, arXiv 2011.14999; for arenas
Huang and others, arXiv 2508.11847.
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

# Gaps smaller than this (natural units) are equal ratings.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Overturn:
    """The votes that hold one contender above another.

    Attributes:
        above: the contender rated higher.
        below: the one rated lower.
        votes: how many removed votes turn their order, as a new fit without them confirms, within two percent; None
            where none are foreseen to.
        share: of all votes among the contenders compared.
    """

    above: str
    below: str
    votes: int | None
    share: float


def votes_to_overturn_neighbours(tallies: Tallies) -> tuple[Overturn, ...]:
    """Return what holds each gap between neighbours in the order of the largest core, from the top.

    Raises:
        NotEstimable: no two contenders are connected both ways.
    """
    core = largest_core(tallies)
    audit = _Audit.of(core)
    order = np.argsort(-audit.fit.strengths, kind="stable")
    return tuple(audit.overturn(int(above), int(below)) for above, below in pairwise(order))


def votes_to_overturn(tallies: Tallies, first: str, second: str) -> Overturn:
    """Return what holds the gap between two contenders of the largest core.

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
    """A fit with what is needed to foresee the removal of votes."""

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
        """Return votes, and what removing one closes of the gap: wins of each ordered pair, then ties of each pair."""
        chance = win_probabilities(self.fit.strengths)
        toward = self.inverse[above] - self.inverse[below]
        variance = np.diag(self.inverse)
        leverage = chance * chance.T * (variance[:, None] + variance[None, :] - 2 * self.inverse)
        pull = (toward[:, None] - toward[None, :]) / (1 - leverage)
        effects = np.stack([pull * chance.T, pull * (0.5 - chance)])
        counts = np.stack([self.record.wins, np.triu(self.record.ties)])
        return counts.ravel(), effects.ravel()

    def _gap_without(self, removed: Record, above: int, below: int) -> float:
        """Return the gap of a fit without these votes; not-a-number where they no longer connect the contenders."""
        rest = Record(self.record.wins - removed.wins, self.record.ties - removed.ties)
        try:
            strengths = bradley_terry.fit(rest, start=self.fit.strengths).strengths
        except ArithmeticError:
            return math.nan
        return float(strengths[above] - strengths[below])


def _foreseen(gap: float, counts: FloatArray, effects: FloatArray) -> int | None:
    """Return how many of the votes, most effective first, are foreseen to close more than the gap."""
    closed = np.cumsum(counts * effects)
    cell = int(np.searchsorted(closed, gap, side="right"))
    if cell == len(closed):
        return None
    missing = gap - (closed[cell] - counts[cell] * effects[cell])
    return int(counts[:cell].sum() + np.floor(missing / effects[cell])) + 1


def _fewest(gap: float, gap_without: Callable[[int], float], guess: int | None) -> int | None:
    """Return the fewest votes without which the gap is below zero, within two percent, from a first guess."""
    too_few, enough = 0, None
    while guess is not None and (enough is None or enough - too_few > max(1, enough // 50)):
        rest = gap_without(guess)
        if not rest < gap:
            return None
        # What is foreseen is linear, the gap is not quite: the secant says where it ends, and a bit more a bracket.
        secant = guess * gap / (gap - rest)
        if rest < -ROUNDING:
            enough, guess = guess, min(math.floor(secant * 0.99), guess - 1)
        else:
            too_few, guess = guess, max(math.ceil(secant * 1.01), guess + 1)
        guess = max(guess, too_few + 1) if enough is None else min(max(guess, too_few + 1), enough - 1)
    return enough


def _most_effective(votes: int, order: IntArray, counts: FloatArray) -> FloatArray:
    """Return so many votes as counts by cell, cell after cell in this order."""
    before = np.cumsum(counts[order]) - counts[order]
    taken = np.zeros_like(counts)
    taken[order] = np.clip(votes - before, 0, counts[order])
    return taken
