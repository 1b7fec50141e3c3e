"""Tallies: how often each (left contender, right contender, verdict) happened.

Counts are all that the ratings and their sandwich errors need, so a board never reads votes again: it keeps tallies up
to date and fits those. A retraction is a negative count.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from leaderboard.arrays import AnyIntArray, FloatArray, IntArray
from leaderboard.errors import BadVotes, NotEstimable
from leaderboard.verdict import Verdict

if TYPE_CHECKING:
    import pandas as pd

    from leaderboard.votes import Votes

# The order of the last axis of `Tallies.counts`.
VERDICTS = tuple(Verdict)
A, B, TIE, BOTH_BAD = range(4)
# What each is worth to the left side.
OUTCOMES = np.array([1.0, 0.0, 0.5, 0.5])
# Votes counted at a time: few enough to stay in the processor's cache.
CHUNK = 1 << 17


@dataclass(frozen=True, eq=False)
class Record:
    """Wins and ties between contenders, whichever side they were on. Arrays are never changed in place.

    Attributes:
        wins: `wins[i, j]` is how often i beat j, or the weight of those votes [M, M].
        ties: ties of i and j, votes for "both bad" included; symmetric [M, M].
    """

    wins: FloatArray
    ties: FloatArray

    @cached_property
    def scores(self) -> FloatArray:
        """Wins plus half the ties [M, M]."""
        return self.wins + self.ties / 2

    @cached_property
    def battles(self) -> FloatArray:
        """Votes between i and j, symmetric [M, M]."""
        return self.wins + self.wins.T + self.ties

    def among(self, places: AnyIntArray) -> "Record":
        """Return the record among some of the contenders, in that order."""
        block = np.ix_(places, places)
        return Record(self.wins[block], self.ties[block])


@dataclass(frozen=True, eq=False)
class Tallies:
    """Counts of votes by pair and verdict. Arrays are never changed in place.

    Attributes:
        contenders: names in the order of the axes.
        counts: `counts[left, right, verdict]`, verdicts in the order of `VERDICTS` [M, M, 4].
        weights: sum of the votes' weights, or None where every vote weighs one [M, M, 4].
        squared_weights: sum of the squared weights, likewise.
    """

    contenders: tuple[str, ...]
    counts: IntArray
    weights: FloatArray | None = None
    squared_weights: FloatArray | None = None

    @classmethod
    def from_counts(cls, rows: Iterable[tuple[str, str, Verdict, int]]) -> Self:
        """Sum rows of (left contender, right contender, verdict, count); counts may be negative, their sums not.

        Raises:
            BadVotes: a contender meets itself, or a sum is below zero.
        """
        # Verdicts are texts: a row from a database need not hold the enum's own member.
        table = [(left, right, VERDICTS.index(Verdict(verdict)), count) for left, right, verdict, count in rows]
        contenders = tuple(sorted({name for left, right, *_ in table for name in (left, right)}))
        place = {name: index for index, name in enumerate(contenders)}
        counts = np.zeros((len(contenders), len(contenders), len(VERDICTS)), dtype=np.int64)
        for left, right, verdict, count in table:
            counts[place[left], place[right], verdict] += count
        _refuse_impossible(contenders, counts)
        return cls(contenders, counts)

    @classmethod
    def from_votes(cls, votes: "Votes | pd.DataFrame", *, weights: FloatArray | None = None) -> Self:
        """Count votes, given as `Votes` or as a frame with columns model_a, model_b and winner.

        Args:
            votes: the votes.
            weights: what each vote weighs, such as one over its sampling probability; all one by default [N].

        Raises:
            BadVotes: the frame lacks a column or holds rows that are no votes.
        """
        from leaderboard.votes import Votes

        votes = votes if isinstance(votes, Votes) else Votes.from_frame(votes)
        return cls.from_ids(votes.contenders, votes.left, votes.right, votes.verdict, weights=weights)

    @classmethod
    def from_ids(
        cls,
        contenders: Sequence[str],
        left: AnyIntArray,
        right: AnyIntArray,
        verdict: AnyIntArray,
        *,
        weights: FloatArray | None = None,
    ) -> Self:
        """Count votes stored as small integers: places in `contenders` and in `VERDICTS` [N].

        Raises:
            BadVotes: a contender meets itself.
        """
        shape = (len(contenders), len(contenders), len(VERDICTS))
        counts = np.zeros(shape, dtype=np.int64)
        # Fewer votes than cells at a time would mean adding up mostly zeros.
        step = max(CHUNK, counts.size)
        for part in (slice(begin, begin + step) for begin in range(0, len(left), step)):
            cell = _cells(left[part], right[part], verdict[part], num_contenders=len(contenders))
            counts += np.bincount(cell, minlength=counts.size).reshape(shape)
        _refuse_impossible(contenders, counts)
        if weights is None:
            return cls(tuple(contenders), counts)
        cell = _cells(left, right, verdict, num_contenders=len(contenders))
        first, second = (np.bincount(cell, w, minlength=counts.size).reshape(shape) for w in (weights, weights**2))
        return cls(tuple(contenders), counts, first.astype(np.float64), second.astype(np.float64))

    def place(self, contender: str) -> int:
        """Return the contender's place in the axes.

        Raises:
            NotEstimable: it is not in these tallies.
        """
        if contender not in self.contenders:
            raise NotEstimable(f"`{contender}` is not among the contenders that can be compared.")
        return self.contenders.index(contender)

    def among(self, names: Sequence[str]) -> "Tallies":
        """Return the tallies of these contenders in this order; those without votes have zeros."""
        place = {name: index for index, name in enumerate(self.contenders)}
        known = [index for index, name in enumerate(names) if name in place]
        source = [place[names[index]] for index in known]
        here, there = np.ix_(known, known), np.ix_(source, source)
        shape = (len(names), len(names), len(VERDICTS))
        counts = np.zeros(shape, dtype=np.int64)
        counts[here] = self.counts[there]
        if self.weights is None or self.squared_weights is None:
            return Tallies(tuple(names), counts)
        weights, squared_weights = np.zeros((2, *shape))
        weights[here], squared_weights[here] = self.weights[there], self.squared_weights[there]
        return Tallies(tuple(names), counts, weights, squared_weights)

    @cached_property
    def counted(self) -> Record:
        """Wins and ties by count."""
        return _record(self.counts)

    @cached_property
    def record(self) -> Record:
        """Wins and ties by weight (by count where every vote weighs one)."""
        return self.counted if self.weights is None else _record(self.weights)

    @cached_property
    def squared_record(self) -> Record:
        """Wins and ties by squared weight: what the variance of weighted votes needs."""
        return self.counted if self.squared_weights is None else _record(self.squared_weights)

    @property
    def num_votes(self) -> int:
        """All votes."""
        return int(self.counts.sum())


def _record(cells: IntArray | FloatArray) -> Record:
    cells = cells.astype(np.float64, copy=False)
    ties = cells[:, :, TIE] + cells[:, :, BOTH_BAD]
    return Record(wins=cells[:, :, A] + cells[:, :, B].T, ties=ties + ties.T)


def _cells(left: AnyIntArray, right: AnyIntArray, verdict: AnyIntArray, *, num_contenders: int) -> IntArray:
    cell = left.astype(np.int64)
    cell *= num_contenders
    cell += right
    cell *= len(VERDICTS)
    cell += verdict
    return cell


def _refuse_impossible(contenders: Sequence[str], counts: IntArray) -> None:
    faults = [f"`{contenders[int(i)]}` meets itself" for i in np.flatnonzero(np.einsum("iiv->i", counts != 0))]
    faults += [
        f"`{contenders[i]}` against `{contenders[j]}`, {VERDICTS[v].value}: {counts[i, j, v]} votes"
        for i, j, v in np.argwhere(counts < 0).tolist()
    ]
    if faults:
        raise BadVotes("The tallies hold votes that cannot be:", faults, hint="Rebuild the tallies from the votes.")
