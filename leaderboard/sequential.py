"""Looking at results while votes come in: intervals that hold at every look, and how many votes are still needed.

A 95 % interval looked at after each vote misses sooner or later. A confidence sequence holds at all times at once: the
normal mixture of Robbins (Annals of Mathematical Statistics 41, 1970), as in Howard, Ramdas, McAuliffe and Sekhon
(Annals of Statistics 49, 2021), about one and a half times as wide.
"""

import math
from dataclasses import dataclass
from typing import Literal

from scipy.special import lambertw, ndtri

from leaderboard.estimate import Estimate, critical_value
from leaderboard.scale import ELO_PER_NAT

# The number of votes at which the sequence is narrowest, compared with a fixed-time interval.
TUNED_FOR = 500
# A score between 0 and 1 is sub-Gaussian with this standard deviation at most (Hoeffding's lemma).
SCORE_SD = 0.5


@dataclass(frozen=True, slots=True)
class Comparison:
    """Is A better than B, and may we stop? Holds however often one looks.

    Attributes:
        votes: battles between the two.
        score: A's mean score: wins and half of the ties.
        lower: where the confidence sequence of the score begins.
        upper: where it ends.
        decision: who is better, once the sequence excludes a half; "open" until then.
    """

    votes: int
    score: float
    lower: float
    upper: float
    decision: Literal["a", "b", "open"]


def compare(wins: float, ties: float, losses: float, *, level: float = 0.95) -> Comparison:
    """Compare two contenders by their own battles, with exact error control at every look.

    Args:
        wins: of A over B.
        ties: of both kinds.
        losses: of A.
        level: probability that the interval holds the true score at all times at once.
    """
    votes = wins + ties + losses
    if not votes:
        return Comparison(0, 0.5, 0.0, 1.0, "open")
    score = (wins + ties / 2) / votes
    margin = anytime_margin(SCORE_SD / math.sqrt(votes), int(votes), level=level)
    lower, upper = max(float(score) - margin, 0.0), min(float(score) + margin, 1.0)
    decision: Literal["a", "b", "open"] = "a" if lower > 0.5 else "b" if upper < 0.5 else "open"
    return Comparison(int(votes), float(score), lower, upper, decision)


def anytime_margin(error: float, votes: int, *, level: float = 0.95, tuned_for: int = TUNED_FOR) -> float:
    """Return how far a confidence sequence reaches each way.

    Args:
        error: standard error of the figure after these votes, such as that of a difference of ratings.
        votes: votes that it rests on.
        level: probability of holding at all times at once; exact for a bound on the votes' own spread, and for large
            numbers of votes otherwise.
        tuned_for: number of votes at which the sequence is narrowest.
    """
    alpha = 1 - level
    # Howard and others, equation 3.8: the mixture's variance that is best after `tuned_for` votes.
    per_vote = (-lambertw(-(alpha**2) / math.e, -1).real - 1) / tuned_for
    mixed = votes * per_vote + 1
    return error * math.sqrt(2 * mixed / (votes * per_vote) * math.log(math.sqrt(mixed) / alpha))


def votes_still_needed(
    estimate: Estimate, above: str, below: str, *, tie_rate: float, level: float = 0.95, power: float = 0.8
) -> int | None:
    """Return how many battles between two contenders would separate their ratings, if they are as rated.

    Args:
        estimate: ratings so far.
        above: the one rated higher.
        below: the one rated lower.
        tie_rate: share of votes that are ties of either kind.
        level: of the interval of their difference that shall exclude zero.
        power: probability that it then does.

    Returns:
        Battles; 0 if they are separated already, None if they are rated equal.
    """
    difference = estimate.difference(above, below)
    if abs(difference.z) > critical_value(level):
        return 0
    if difference.value == 0:
        return None
    wanted = (difference.value / ELO_PER_NAT / (critical_value(level) + ndtri(power))) ** 2
    now = (difference.error / ELO_PER_NAT) ** 2
    chance = 1 / (1 + math.exp(-difference.value / ELO_PER_NAT))
    information = chance * (1 - chance)
    # A direct battle's estimate of the gap has the variance of its score over the squared information. The more
    # unequal the two, the fewer ties their scores leave room for.
    ties = min(tie_rate, 2 * min(chance, 1 - chance))
    one_battle = (information - ties / 4) / information**2
    return max(1, math.ceil((1 / wanted - 1 / now) * one_battle))
