"""Holds: which votes to leave out until a person has looked, and why.

First come voters who stand out, then cohorts among the others. An attack bends the board that it is judged by; so the
board is fitted again without what was held, and everything judged again from the beginning.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from leaderboard.arrays import BoolArray, IntArray
from leaderboard.suspicion import levels
from leaderboard.suspicion.abstaining import vote_rates
from leaderboard.suspicion.cohorts import KINDS, CohortScores, divisions, linked, score_cohorts
from leaderboard.suspicion.expected import Fitted, fit
from leaderboard.suspicion.opened import UNKNOWN, OpenedBattles
from leaderboard.suspicion.voters import FAMILIES, score_voters

MOSTLY, NEARLY_ALL = 0.5, 0.75


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How sure to be.

    Attributes:
        false_share: expected share of innocents among voters who are held.
        voter_chance: no voter is held whose scores an honest one reaches with a larger chance.
        cohort_chance: chance that any cohort is held while nobody cheats.
        rounds: how often the board is fitted; the last fit is without what the one before led to.
    """

    false_share: float = 0.05
    voter_chance: float = 0.01
    cohort_chance: float = 0.002
    rounds: int = 3


@dataclass(frozen=True, eq=False, slots=True)
class Hold:
    """Votes to leave out together.

    Attributes:
        of: what was judged: `voter`, or the name of a division.
        label: number of the voter or of the cohort.
        octave: of the cohort, `UNKNOWN` otherwise.
        score: the family or kind of score that stood out.
        subject: the contender that it is about, or `UNKNOWN`: then all votes of the voter are held.
        chance: of such a score among the innocent, corrected for how many were judged.
        excess: how many of the votes would have to be an attacker's to explain it.
        votes: the battles whose votes it holds [K].
    """

    of: str
    label: int
    octave: int
    score: str
    subject: int
    chance: float
    excess: float
    votes: IntArray


DEFAULT = Thresholds()


def find_holds(battles: OpenedBattles, thresholds: Thresholds = DEFAULT) -> tuple[Hold, ...]:
    """Return what stands out, voters first. The same battles always give the same holds."""
    counted = battles.voted
    holds: tuple[Hold, ...] = ()
    for _ in range(thresholds.rounds):
        if not counted.any():
            return holds
        holds = tuple(_round(battles, counted, thresholds))
        before, counted = counted, battles.voted & ~held(battles, holds)
        if (before == counted).all():
            break
    return holds


def held(battles: OpenedBattles, holds: Sequence[Hold]) -> BoolArray:
    """Return which battles have a vote that is held [N]."""
    chosen = np.zeros(len(battles), dtype=np.bool_)
    for hold in holds:
        chosen[hold.votes] = True
    return chosen


def _round(battles: OpenedBattles, counted: BoolArray, thresholds: Thresholds) -> Iterator[Hold]:
    fitted = fit(battles.where(counted))
    scores = score_voters(battles, fitted, counted)
    flagged = levels.discoveries(scores.chance, false_share=thresholds.false_share, at_most=thresholds.voter_chance)
    for place in np.flatnonzero(flagged):
        voter = int(scores.voter[place])
        family = FAMILIES[scores.family[place]]
        votes = np.flatnonzero(battles.voted & (battles.voter == voter))
        yield Hold(
            "voter",
            voter,
            UNKNOWN,
            family,
            int(scores.subject[place]),
            float(scores.chance[place]),
            float(len(votes)),
            votes,
        )
    rest = np.flatnonzero(~np.isin(battles.voter, scores.voter[flagged]))
    for hold in _alarms(battles.where(rest), fitted, counted[rest], thresholds.cohort_chance):
        yield replace(hold, votes=rest[hold.votes])


def _alarms(battles: OpenedBattles, fitted: Fitted, counted: BoolArray, level: float) -> Iterator[Hold]:
    """Yield cohorts that stand out: first those with hardly any honest votes, and among these the clearest first.

    One attack shows in many cohorts that overlap. Each is judged again without what is held already, so that broad ones
    are not held for what a narrow one explains.
    """
    rates = vote_rates(battles)
    judged = [score_cohorts(battles, fitted, counted, division, rates) for division in divisions(battles)]
    # Each division has the same part of the level, so that thousands of prompts do not silence thirty days.
    part = level / max(1, len(judged))
    free = np.ones(len(battles), dtype=np.bool_)

    def alarms(scored: Sequence[CohortScores]) -> Iterator[Hold]:
        found = [
            (-_tier(scores.purity[cohort, subject]), float(scores.chance[cohort, subject]), place, cohort, subject)
            for place, scores in enumerate(scored)
            for cohort, subject in np.argwhere(scores.chance <= part / scores.chance.size)
        ]
        for _, _, place, cohort, subject in sorted(found):
            scores = scored[place]
            division, limit = scores.division, part / scores.chance.size
            left = np.flatnonzero(free & (division.cohort == cohort))
            alone = division.alone(cohort, len(left))
            again = score_cohorts(battles.where(left), fitted, counted[left], alone, rates)
            chance = float(again.chance[0, subject])
            if chance > limit:
                continue
            about = (battles.left[left] == subject) | (battles.right[left] == subject)
            free[left[about]] = False
            yield Hold(
                division.name,
                int(division.label[cohort]),
                int(division.octave[cohort]),
                KINDS[again.kind[0, subject]],
                int(subject),
                min(1.0, chance / limit * level),
                float(again.excess[0, subject]),
                left[about & battles.voted[left]],
            )

    yield from alarms(judged)
    yield from alarms([score_cohorts(battles, fitted, counted, near, rates) for near in linked(battles, ~free)])


def _tier(purity: float) -> int:
    """Return 3 for a cohort of attackers nearly alone, 2 for mostly attackers, 1 for mostly honest voters."""
    return 1 + int(purity >= MOSTLY) + int(purity >= NEARLY_ALL)
