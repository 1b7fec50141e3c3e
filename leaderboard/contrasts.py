"""Contrasts: a family of contenders compared pairwise. Is v3 better than v2 and than the base, by how much, how sure?

Three kinds of evidence stay apart: the difference of ratings, which uses every vote; the battles of the two with each
other, watched by a confidence sequence; and how many battles would still separate them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from leaderboard import bradley_terry
from leaderboard.connectivity import largest_core
from leaderboard.covariance import sandwich
from leaderboard.errors import NotEstimable
from leaderboard.estimate import Estimate, Measured
from leaderboard.sequential import Comparison, compare, votes_still_needed
from leaderboard.tallies import Tallies


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two contenders of a family.

    Attributes:
        first: the contender named earlier in the family.
        second: the one named later.
        difference: rating of `first` minus that of `second`, in Elo, from all votes.
        p_value: of no difference, two-sided, adjusted for all contrasts of the family (Holm).
        direct: their own battles; `decision` "a" says that `first` is better.
        votes_needed: battles between them that would separate their ratings; None where they are rated equal.
    """

    first: str
    second: str
    difference: Measured
    p_value: float
    direct: Comparison
    votes_needed: int | None


def contrasts(
    tallies: Tallies, family: Sequence[str], *, estimate: Estimate | None = None, level: float = 0.95
) -> tuple[Contrast, ...]:
    """Compare every two members of a family, such as ("alpaca-v3", "alpaca-v2", "base").

    Args:
        tallies: of the votes.
        family: the contenders to compare.
        estimate: the ratings whose differences are taken, such as those with cluster-robust errors; by default the
            Bradley–Terry ratings of the largest core, with errors that hold for independent votes.
        level: of the intervals.

    Raises:
        NotEstimable: no two contenders are connected both ways, or a member is not among them.
    """
    core = largest_core(tallies)
    if estimate is None:
        fit = bradley_terry.fit(core.record)
        estimate = Estimate.from_strengths(core.contenders, fit.strengths, sandwich(fit, core))
    counted = core.counted
    tie_rate = float(counted.ties.sum() / counted.battles.sum())
    found = []
    for first, second in combinations(family, 2):
        i, j = core.place(first), core.place(second)
        if absent := {first, second}.difference(estimate.contenders):
            raise NotEstimable(f"`{min(absent)}` is not among the contenders whose ratings these are.")
        difference = estimate.difference(first, second)
        found.append(
            Contrast(
                first=first,
                second=second,
                difference=difference,
                p_value=difference.p_value,
                direct=compare(counted.wins[i, j], counted.ties[i, j], counted.wins[j, i], level=level),
                votes_needed=votes_still_needed(estimate, first, second, tie_rate=tie_rate, level=level),
            )
        )
    return _holm(found)


def _holm(found: Sequence[Contrast]) -> tuple[Contrast, ...]:
    order = np.argsort([contrast.p_value for contrast in found], kind="stable")
    adjusted = list(found)
    at_least = 0.0
    for rank, place in enumerate(order):
        at_least = max(at_least, min(1.0, found[place].p_value * (len(found) - rank)))
        adjusted[place] = replace(found[place], p_value=at_least)
    return tuple(adjusted)
