"""Scores of single voters: what each does against what honest voters with tastes of their own would do.

Most scores are weighted sums of surprises (outcome minus expected), over the voter's votes.

| score | weight of a vote on the left | finds |
|---|---|---|
| target, against | 1 if the contender is left, -1 if right; or reversed | who votes for one contender; or against |
| left, right | 1; or -1 | who always presses the same button |
| contrary | ½ minus the expected outcome | who throws coins or turns verdicts round |
| influence | how far the vote moves a contender past the next | who uses every battle, weighted |
| aligned | the sign of that | who uses every battle, counted |
| selective | (no sum: which battles got a vote at all) | who waits for one contender |
| courting, shunning | (selective and target at once; or against) | who waits for one contender, and errs at times |
| hasty | (no sum: votes that came too fast to have read) | who does not read |
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leaderboard.arrays import BoolArray, FloatArray, IntArray
from leaderboard.suspicion.abstaining import both_at_once, selective, vote_rates
from leaderboard.suspicion.expected import Fitted, expected
from leaderboard.suspicion.grouped import add_up, count
from leaderboard.suspicion.opened import UNKNOWN, OpenedBattles
from leaderboard.suspicion.surprises import Sums
from leaderboard.suspicion.tails import at_least

# Too few votes tell nothing about one voter; they are judged as part of cohorts.
LEAST_VOTES = 8
LEAST_HASTY = 0.02  # share of honest votes that may come too fast, however careful the others are
FAMILIES = (
    "target",
    "against",
    "left",
    "right",
    "contrary",
    "influence",
    "aligned",
    "selective",
    "courting",
    "shunning",
    "hasty",
)
ABOUT_NOBODY = {"left", "right", "contrary", "hasty"}


@dataclass(frozen=True, eq=False, slots=True)
class Family:
    """One kind of score for all judged voters.

    Attributes:
        name: one of `FAMILIES`.
        chance: how likely so high a score is for an honest voter, by contender, or one for all [V, K].
    """

    name: str
    chance: FloatArray


@dataclass(frozen=True, eq=False, slots=True)
class VoterScores:
    """How likely each judged voter is by chance.

    Attributes:
        voter: numbers of the voters with enough votes [V].
        chance: for an honest voter to have so high a score in any family, corrected for their number [V].
        family: index in `FAMILIES` of the highest [V].
        subject: contender that it is about, or `UNKNOWN` [V].
    """

    voter: IntArray
    chance: FloatArray
    family: IntArray
    subject: IntArray


def score_voters(battles: OpenedBattles, fitted: Fitted, counted: BoolArray) -> VoterScores:
    """Return the scores of all voters with at least `LEAST_VOTES` votes.

    Args:
        battles: all that could have been voted on [N].
        fitted: the board by the battles that are `counted`.
        counted: which battles are in the board [N].
    """
    votes_of = np.bincount(battles.voter[battles.voted], minlength=battles.num_voters)
    judged = np.flatnonzero(votes_of >= LEAST_VOTES)
    place = np.full(battles.num_voters, UNKNOWN)
    place[judged] = np.arange(len(judged))
    mine = place[battles.voter] != UNKNOWN
    opened, counted = battles.where(mine), counted[mine]
    group = place[opened.voter]
    families = [*_families(opened, group, len(judged), fitted, counted, vote_rates(battles))]
    # Bonferroni within a family, and again over the families that could be computed.
    least = np.array([family.chance.min(axis=1) * family.chance.shape[1] for family in families])
    best = least.argmin(axis=0)
    names = np.array([FAMILIES.index(family.name) for family in families])
    subjects = np.array([family.chance.argmin(axis=1) for family in families])
    voters = np.arange(len(judged))
    chance = np.minimum(1.0, least[best, voters] * len(families))
    nobody = np.array([family.name in ABOUT_NOBODY for family in families])
    return VoterScores(judged, chance, names[best], np.where(nobody[best], UNKNOWN, subjects[best, voters]))


def _families(
    opened: OpenedBattles, group: IntArray, num_groups: int, fitted: Fitted, counted: BoolArray, rates: FloatArray
) -> Iterator[Family]:
    cast = opened.voted
    votes, of = opened.where(cast), group[cast]
    sums = Sums(votes, of, num_groups, fitted, expected(votes, of, fitted, counted[cast]))
    size, one = opened.num_contenders, np.ones(len(votes))
    surprise = sums.by_contender()
    target, against = surprise[:, :size], surprise[:, size:]
    yield Family("target", target)
    yield Family("against", against)
    yield Family("left", sums.chance(one)[:, None])
    yield Family("right", sums.chance(-one)[:, None])
    yield Family("contrary", sums.chance(0.5 - sums.expectation.mean)[:, None])
    weights = [gain[votes.left] - gain[votes.right] for gain in influence(fitted)]
    yield Family("influence", np.stack([sums.chance(_scaled(weight)) for weight in weights], axis=1))
    yield Family("aligned", np.stack([sums.chance(np.sign(weight)) for weight in weights], axis=1))
    waited = selective(opened, group, num_groups, rates).chance
    yield Family("selective", waited)
    yield Family("courting", both_at_once(waited, target))
    yield Family("shunning", both_at_once(waited, against))
    if opened.too_fast is not None:
        yield Family("hasty", hasty(opened.too_fast[cast], of, num_groups)[:, None])


def _scaled(weight: FloatArray) -> FloatArray:
    """Return weights of the order of one."""
    largest = float(np.abs(weight).max(initial=0.0))
    return weight / largest if largest else weight


def influence(fitted: Fitted) -> FloatArray:
    """Return how far a win of each contender moves each other past the next above it [M, M].

    Row t is (e_t - e_n)ᵀ H⁻¹ with n just above t; for the first n is the second, which it may leave behind.
    """
    size = len(fitted.place) - 1
    order = np.argsort(-fitted.place[:-1], kind="stable")
    next_above = np.empty(size, dtype=np.int64)
    next_above[order[1:]] = order[:-1]
    next_above[order[0]] = order[min(1, size - 1)]
    covariance = fitted.covariance[:size, :size]
    return covariance - covariance[next_above]


def hasty(too_fast: BoolArray, group: IntArray, num_groups: int) -> FloatArray:
    """Return how likely so many of a group's votes came too fast to have read, by twice the share among all [G]."""
    fast, votes = add_up(group, too_fast, num_groups), count(group, num_groups)
    share = min(2 * max(float(too_fast.mean()), LEAST_HASTY), 0.9)
    return at_least(fast, votes, np.full(num_groups, share))
