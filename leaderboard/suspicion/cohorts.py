"""Cohorts: votes that share something that a verdict cannot change, and that an attacker must buy.

Whoever spreads an attack over many identities shows nothing in any of them. Together they came on the same days, ask
the same prompts, sit in the same network, or leave the same share of battles without a vote. Nobody gets into a cohort
or out of it by what a vote says: so honest members are held whatever they voted, and no contender gains or loses by it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from leaderboard.arrays import BoolArray, FloatArray, IntArray
from leaderboard.suspicion.abstaining import both_at_once, selective
from leaderboard.suspicion.expected import Fitted, expected
from leaderboard.suspicion.grouped import add_up, count
from leaderboard.suspicion.opened import UNKNOWN, OpenedBattles
from leaderboard.suspicion.surprises import Sums

WINDOWS = (1, 2, 4)  # days
LEAST_VOTES = 8
LEAST_VOTERS = 3  # fewer are judged as voters
KINDS = ("target", "against", "selective", "courting")
OCTAVES = 64  # more than there can be


@dataclass(frozen=True, eq=False, slots=True)
class Division:
    """One way to divide battles into cohorts.

    Attributes:
        name: what the members share.
        cohort: of each battle, from 0, or `UNKNOWN` where it is in none that is judged [N].
        label: the number of each cohort: the first day, the network, the prompt, … [C].
        octave: members cast at least 2 ** octave votes and fewer than twice that; `UNKNOWN` for any number [C].
    """

    name: str
    cohort: IntArray
    label: IntArray
    octave: IntArray

    def __len__(self) -> int:
        return len(self.label)

    def alone(self, cohort: int, num_battles: int) -> Self:
        """Return one cohort as a division of its `num_battles` battles."""
        one = slice(cohort, cohort + 1)
        return type(self)(self.name, np.zeros(num_battles, dtype=np.int64), self.label[one], self.octave[one])


@dataclass(frozen=True, eq=False, slots=True)
class CohortScores:
    """How likely each cohort's votes about each contender are by chance.

    Attributes:
        division: the cohorts.
        chance: the least of all kinds of score, corrected for their number [C, M].
        kind: index in `KINDS` of that score [C, M].
        votes: how many there are [C, M].
        excess: how many of the votes would have to be an attacker's to explain it [C, M].
    """

    division: Division
    chance: FloatArray
    kind: IntArray
    votes: FloatArray
    excess: FloatArray

    @property
    def purity(self) -> FloatArray:
        """The share of the votes that would have to be an attacker's [C, M]."""
        return self.excess / np.maximum(self.votes, 1)


def divisions(battles: OpenedBattles) -> Iterator[Division]:
    """Yield all ways to divide the battles that have cohorts to judge."""
    octave = _octaves(battles)
    anybody = np.full(len(battles), UNKNOWN)
    for days in WINDOWS:
        for offset in range(days):
            start = (battles.first_seen + offset) // days * days - offset
            start = np.where(battles.first_seen == UNKNOWN, UNKNOWN, start + days)  # never below 0
            for sizes in (anybody, octave):
                yield from _division(f"first seen within {days} days", battles, start, sizes)
    yield from _division("share of battles voted on", battles, _shares(battles), octave)
    for name, label in battles.cohorts.items():
        yield from _division(name, battles, label, anybody)


def _division(name: str, battles: OpenedBattles, label: IntArray, octave: IntArray) -> Iterator[Division]:
    """Yield the division into cohorts with enough votes and voters, if there are any."""
    key = np.where(label == UNKNOWN, UNKNOWN, label * (OCTAVES + 1) + octave + 1)
    cast = battles.voted & (key != UNKNOWN)
    keys, cohort = np.unique(key[cast], return_inverse=True)
    votes = np.bincount(cohort, minlength=len(keys))
    members = np.unique(cohort * (battles.num_voters + 1) + battles.voter[cast]) // (battles.num_voters + 1)
    voters = np.bincount(members, minlength=len(keys))
    keys = keys[(votes >= LEAST_VOTES) & (voters >= LEAST_VOTERS)]
    if len(keys):
        place = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
        found = np.where(keys[place] == key, place, UNKNOWN)
        yield Division(name, found, keys // (OCTAVES + 1), keys % (OCTAVES + 1) - 1)


def linked(battles: OpenedBattles, taken: BoolArray) -> Iterator[Division]:
    """Yield the rest of the cohorts in which most votes are held already: who shares a prompt or a network with these.

    Args:
        battles: those that are judged [N].
        taken: which of them are held [N].
    """
    for name, label in battles.cohorts.items():
        known = np.flatnonzero(battles.voted & (label != UNKNOWN))
        labels, cohort = np.unique(label[known], return_inverse=True)
        votes, gone = count(cohort, len(labels)), add_up(cohort, taken[known], len(labels))
        guilty = labels[(gone >= LEAST_VOTES / 2) & (gone > votes / 2)]
        near = np.where(np.isin(label, guilty) & ~taken, 0, UNKNOWN)
        yield from _division(f"{name} shared with held votes", battles, near, np.full(len(battles), UNKNOWN))


def _octaves(battles: OpenedBattles) -> IntArray:
    """Return for each battle the binary logarithm, rounded down, of how many votes its voter cast [N]."""
    votes = np.bincount(battles.voter[battles.voted], minlength=battles.num_voters)
    return np.frexp(np.maximum(votes, 1).astype(np.float64))[1].astype(np.int64)[battles.voter] - 1


def _shares(battles: OpenedBattles) -> IntArray:
    """Return the share of battles that each battle's voter voted on, in quarters of everybody's share: 0 to 3 [N].

    Those who voted on more than three quarters of it, and so most voters, are not divided: `UNKNOWN`.
    """
    opened = np.bincount(battles.voter, minlength=battles.num_voters)
    votes = np.bincount(battles.voter[battles.voted], minlength=battles.num_voters)
    share = votes / np.maximum(opened, 1) / max(battles.voted.mean(), np.finfo(float).tiny)
    quarter = np.floor(4 * share).astype(np.int64)
    return np.where(quarter < 3, quarter, UNKNOWN)[battles.voter]


def score_cohorts(
    battles: OpenedBattles, fitted: Fitted, counted: BoolArray, division: Division, rates: FloatArray
) -> CohortScores:
    """Return the scores of the cohorts of one division.

    Args:
        battles: those that are judged, without those of voters who are held already [N].
        fitted: the board.
        counted: which of the battles are in the board [N].
        division: the cohorts.
        rates: how often battles with each contender get a vote (`vote_rates`) [M].
    """
    inside = division.cohort != UNKNOWN
    opened, group, counted = battles.where(inside), division.cohort[inside], counted[inside]
    size, num_groups = battles.num_contenders, len(division)
    cast = opened.voted
    votes, of = opened.where(cast), group[cast]
    sums = Sums(votes, of, num_groups, fitted, expected(votes, of, fitted, counted[cast]))
    surprise = sums.by_contender(votes.voter)
    waited = selective(opened, group, num_groups, rates)
    courted = both_at_once(waited.chance, surprise[:, :size])
    kinds = np.stack([surprise[:, :size], surprise[:, size:], waited.chance, courted])
    kind = kinds.argmin(axis=0)
    won, lost = sums.excess()
    excess = np.take_along_axis(np.stack([won, lost, waited.excess, won]), kind[None], axis=0)[0]
    return CohortScores(division, np.minimum(1.0, kinds.min(axis=0) * len(KINDS)), kind, waited.votes, excess)
