"""Tallies: how often each (left contender, right contender, verdict) happened.

The ratings and their sandwich errors need only these counts. A board therefore keeps its tallies up to date and never
reads the votes again. A retracted vote is a count of minus one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from leaderboard.arrays import AnyIntArray, FloatArray, IntArray
from leaderboard.errors import BadVotes, NotEstimable
from leaderboard.verdict import BOTH_BAD, TIE, VERDICTS, A, B, Verdict

if TYPE_CHECKING:
    import pandas as pd

    from leaderboard.votes import Votes

_PLACE_OF_VERDICT: dict[str, int] = {verdict: place for place, verdict in enumerate(VERDICTS)}
# What each verdict counts for the left side, in the order of `VERDICTS`.
OUTCOMES = np.array([1.0, 0.0, 0.5, 0.5])
# How many votes are counted at a time: few enough to stay in the processor's cache.
CHUNK = 1 << 17


@dataclass(frozen=True, eq=False)
class Record:
    """Wins and ties between contenders, on either side. Arrays are never changed in place.

    Attributes:
        wins: `wins[i, j]` is how often i beat j, or the summed weight of these votes [M, M].
        ties: `ties[i, j]` likewise for ties of i and j, "both bad" included; symmetric [M, M].
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


@dataclass(frozen=True, eq=False)
class Tallies:
    """Counts of votes by pair and verdict. Arrays are never changed in place.

    Attributes:
        contenders: names in the order of the axes.
        counts: `counts[left, right, verdict]`, verdicts in the order of `VERDICTS` [M, M, 4].
        weights: the sums of the votes' weights, or None where every vote has weight one [M, M, 4].
        squared_weights: the sums of the squared weights, or None likewise [M, M, 4].
    """

    contenders: tuple[str, ...]
    counts: IntArray
    weights: FloatArray | None = None
    squared_weights: FloatArray | None = None

    @classmethod
    def from_counts(cls, rows: Iterable[tuple[str, str, Verdict, int]]) -> Self:
        """Sum rows of (left contender, right contender, verdict, count). Counts may be negative, but not their sums.

        Raises:
            BadVotes: a contender meets itself, a verdict is unknown, or a sum is below zero.
        """
        return cls((), np.zeros((0, 0, len(VERDICTS)), dtype=np.int64)).plus(rows)

    def plus(self, rows: Iterable[tuple[str, str, Verdict, int]]) -> Self:
        """Return the tallies with further rows added, such as the votes since the last time; weights are dropped.

        Raises:
            BadVotes: a contender meets itself, a verdict is unknown, or a sum is below zero.
        """
        lefts, rights, verdicts, numbers = zip(*table, strict=True) if (table := list(rows)) else ((), (), (), ())
        if unknown := sorted({str(verdict) for verdict in verdicts} - _PLACE_OF_VERDICT.keys()):
            raise BadVotes("The tallies hold unknown verdicts:", [f"`{verdict}`" for verdict in unknown])
        contenders = tuple(sorted({*self.contenders, *lefts, *rights}))
        place = {name: index for index, name in enumerate(contenders)}
        left, right, verdict, number = (
            np.fromiter(column, dtype=np.int64, count=len(table))
            for column in (
                map(place.__getitem__, lefts),
                map(place.__getitem__, rights),
                map(_PLACE_OF_VERDICT.__getitem__, verdicts),
                numbers,
            )
        )
        counts = self.among(contenders).counts.copy()
        np.add.at(counts.reshape(-1), _cells(left, right, verdict, num_contenders=len(contenders)), number)
        _refuse_impossible(contenders, counts)
        return type(self)(contenders, counts)

    @classmethod
    def from_votes(cls, votes: "Votes | pd.DataFrame", *, weights: FloatArray | None = None) -> Self:
        """Count votes, given as `Votes` or as a frame with columns model_a, model_b and winner.

        Args:
            votes: the votes.
            weights: the weight of each vote, such as one over its sampling probability; all one by default [N].

        Raises:
            BadVotes: the frame lacks a column or has rows that are not votes.
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
            ValueError: a weight is not above zero.
        """
        shape = (len(contenders), len(contenders), len(VERDICTS))
        counts = np.zeros(shape, dtype=np.int64)
        # Counting fewer votes at a time than there are cells would mostly add zeros.
        step = max(CHUNK, counts.size)
        for part in (slice(begin, begin + step) for begin in range(0, len(left), step)):
            cell = _cells(left[part], right[part], verdict[part], num_contenders=len(contenders))
            counts += np.bincount(cell, minlength=counts.size).reshape(shape)
        _refuse_impossible(contenders, counts)
        if weights is None:
            return cls(tuple(contenders), counts)
        if not ((weights > 0) & (weights < np.inf)).all():
            raise ValueError("Every vote needs a weight above zero.")
        cell = _cells(left, right, verdict, num_contenders=len(contenders))
        first, second = (np.bincount(cell, w, minlength=counts.size).reshape(shape) for w in (weights, weights**2))
        return cls(tuple(contenders), counts, first.astype(np.float64), second.astype(np.float64))

    def place(self, contender: str) -> int:
        """Return the contender's index on the axes.

        Raises:
            NotEstimable: the contender is not in these tallies.
        """
        if contender not in self.contenders:
            raise NotEstimable(f"`{contender}` is not among the contenders that can be compared.")
        return self.contenders.index(contender)

    def among(self, names: Sequence[str]) -> "Tallies":
        """Return the tallies among these contenders, in this order; contenders without votes have zeros."""
        if tuple(names) == self.contenders:
            return self
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
        """Wins and ties by weight; by count where every vote has weight one."""
        return self.counted if self.weights is None else _record(self.weights)

    @cached_property
    def squared_record(self) -> Record:
        """Wins and ties by squared weight, for the variance of weighted votes."""
        return self.counted if self.squared_weights is None else _record(self.squared_weights)

    @property
    def num_votes(self) -> int:
        """How many votes there are, unweighted."""
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
