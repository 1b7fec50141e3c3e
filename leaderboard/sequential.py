"""Sequential comparison: intervals that stay valid while votes come in, and how many votes are still needed.

A usual 95 % interval that is looked at after every vote will miss the true figure sooner or later. A confidence
sequence holds it at all times at once. This one is the normal mixture of Robbins (Annals of Mathematical Statistics 41,
1970), as in Howard, Ramdas, McAuliffe and Sekhon (Annals of Statistics 49, 2021); it is about one and a half times as
wide.
"""

import math
from dataclasses import dataclass
from typing import Literal

from scipy.special import lambertw, ndtri

from leaderboard.estimate import Estimate, critical_value
from leaderboard.scale import ELO_PER_NAT

# The number of votes at which the sequence is narrowest in comparison with a usual interval.
TUNED_FOR = 500
# A score between 0 and 1 is sub-Gaussian with this standard deviation at most (Hoeffding's lemma).
SCORE_SD = 0.5


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether A is better than B, by their own battles. It stays valid however often it is looked at.

    Attributes:
        votes: how many battles there were between the two.
        score: A's mean score: the share of wins plus half the share of ties.
        lower: lower bound of the score, by the confidence sequence.
        upper: upper bound of the score.
        decision: who is better, once one half is outside the bounds; "open" until then.
    """

    votes: int
    score: float
    lower: float
    upper: float
    decision: Literal["a", "b", "open"]


def compare(wins: float, ties: float, losses: float, *, level: float = 0.95) -> Comparison:
    """Compare two contenders by their own battles, with exact error control however often this is called.

    Args:
        wins: how often A won against B.
        ties: ties of both kinds.
        losses: how often A lost against B.
        level: the probability that the bounds hold the true score at all times at once.
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
    """Return half the width of a confidence sequence, in the unit of `error`.

    Args:
        error: standard error of the figure after these votes, such as that of a difference of ratings.
        votes: how many votes the figure is based on.
        level: the probability of holding the true figure at all times at once. It is exact where `error` comes from an
            upper bound on the spread of a vote, and approximate for large numbers of votes otherwise.
        tuned_for: the number of votes at which the sequence is narrowest.
    """
    alpha = 1 - level
    # The variance of the mixture that is best after `tuned_for` votes: Howard and others, equation 3.8.
    per_vote = (-lambertw(-(alpha**2) / math.e, -1).real - 1) / tuned_for
    mixed = votes * per_vote + 1
    return error * math.sqrt(2 * mixed / (votes * per_vote) * math.log(math.sqrt(mixed) / alpha))


def votes_still_needed(
    estimate: Estimate, above: str, below: str, *, tie_rate: float, level: float = 0.95, power: float = 0.8
) -> int | None:
    """Return how many further battles between two contenders would separate their ratings, if these are right.

    Args:
        estimate: the ratings so far.
        above: the contender rated higher.
        below: the contender rated lower.
        tie_rate: the share of votes that are ties of either kind.
        level: of the interval of their difference; they are separated when it excludes zero.
        power: the probability that it excludes zero after so many battles.

    Returns:
        A number of battles; 0 if the two are separated already, None if they are rated equal or the error is not known.
    """
    difference = estimate.difference(above, below)
    if abs(difference.value) > difference.margin(level):
        return 0
    if difference.value == 0 or math.isinf(difference.error):
        return None
    wanted = (difference.value / ELO_PER_NAT / (critical_value(level) + ndtri(power))) ** 2
    now = (difference.error / ELO_PER_NAT) ** 2
    chance = 1 / (1 + math.exp(-difference.value / ELO_PER_NAT))
    information = chance * (1 - chance)
    # The estimate of the gap from one battle has the variance of its score divided by the squared information. The more
    # unequal the two are, the fewer ties are compatible with their mean scores.
    ties = min(tie_rate, 2 * min(chance, 1 - chance))
    one_battle = (information - ties / 4) / information**2
    return max(1, math.ceil((1 / wanted - 1 / now) * one_battle))
