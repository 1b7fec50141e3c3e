"""How many votes decide an order: the fewest votes whose removal turns two contenders around.

What removing one vote does to a gap follows from the fit's influence function and is the same for all votes of a cell,
so the worst set is found from tallies by sorting cells. Broderick, Giordano and Meager, arXiv 2011.14999; for arenas
Huang and others, arXiv 2508.11847.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy.linalg

from leaderboard import bradley_terry
from leaderboard.arrays import FloatArray
from leaderboard.bradley_terry import Fit, win_probabilities
from leaderboard.connectivity import largest_core
from leaderboard.tallies import Record, Tallies


@dataclass(frozen=True, slots=True)
class Overturn:
    """The votes that hold one contender above another.

    Attributes:
        above: the contender rated higher.
        below: the one rated lower.
        votes: how many removed votes turn their order, or None where no removal is predicted to.
        share: of all votes among the contenders compared.
        confirmed: a new fit without these votes does turn their order.
    """

    above: str
    below: str
    votes: int | None
    share: float
    confirmed: bool


def votes_to_overturn_neighbours(tallies: Tallies) -> tuple[Overturn, ...]:
    """Return what holds each gap between neighbours in the order of the largest core, from the top.

    Raises:
        NotEstimable: no two contenders are connected both ways.
    """
    core = largest_core(tallies)
    audit = _Audit.of(core)
    order = np.argsort(-audit.fit.strengths, kind="stable")
    return tuple(audit.overturn(int(i), int(j)) for i, j in pairwise(order))


def votes_to_overturn(tallies: Tallies, first: str, second: str) -> Overturn:
    """Return what holds the gap between two contenders of the largest core.

    Raises:
        NotEstimable: no two contenders are connected both ways.
        ValueError: a contender is not in the largest core.
    """
    core = largest_core(tallies)
    audit = _Audit.of(core)
    places = [core.contenders.index(name) for name in (first, second)]
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
        inverse = scipy.linalg.inv(fit.information)
        return cls(core.contenders, core.counted, fit, inverse)

    def overturn(self, above: int, below: int) -> Overturn:
        gap = float(self.fit.strengths[above] - self.fit.strengths[below])
        removed = self._cheapest_removal(above, below, gap)
        return Overturn(
            above=self.contenders[above],
            below=self.contenders[below],
            votes=None if removed is None else round(_total(removed)),
            share=0.0 if removed is None else _total(removed) / _total(self.record),
            confirmed=removed is not None and self._turned(removed, above, below),
        )

    def _cheapest_removal(self, above: int, below: int, gap: float) -> Record | None:
        """Return the fewest votes whose foreseen effects add up to more than the gap."""
        counts, effects = self._cells(above, below)
        order = np.argsort(-effects, kind="stable")
        order = order[(effects[order] > 0) & (counts[order] > 0)]
        closed = np.cumsum(counts[order] * effects[order])
        last = int(np.searchsorted(closed, gap, side="right"))
        if last == len(order):
            return None
        taken = np.zeros_like(counts)
        taken[order[:last]] = counts[order[:last]]
        missing = gap - (closed[last - 1] if last else 0.0)
        # One vote more than closes the gap exactly: equal ratings are not turned.
        taken[order[last]] = np.floor(missing / effects[order[last]]) + 1
        wins, ties = np.minimum(taken, counts).reshape(2, *self.record.wins.shape)
        return Record(wins, ties + ties.T)

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

    def _turned(self, removed: Record, above: int, below: int) -> bool:
        rest = Record(self.record.wins - removed.wins, self.record.ties - removed.ties)
        try:
            strengths = bradley_terry.fit(rest, start=self.fit.strengths).strengths
        except ArithmeticError:
            # Without these votes the two are no longer connected, so there is no order to turn.
            return False
        return bool(strengths[above] < strengths[below])


def _total(record: Record) -> float:
    return float(record.wins.sum() + record.ties.sum() / 2)
