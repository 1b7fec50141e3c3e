"""Two sides compared by counts: exact tests, intervals, and what a number of votes can find.

Ties are left out here: they say nothing of which side is better. `paired` counts them as half a win each.
"""

import math
from dataclasses import dataclass

from scipy.special import ndtri
from scipy.stats import beta, binom

from leaderboard.estimate import critical_value

# The smallest share is looked for in such steps, and given as the step above: it is surely found.
STEP = 0.001


@dataclass(frozen=True, slots=True)
class DecisiveShare:
    """The share of one side among decisive votes.

    Attributes:
        won, votes: decisive votes for it, and in all.
        value: the share, 0 to 1; None without a decisive vote.
        p_value: of equal chances, two-sided and exact; 1 without a decisive vote.
        wilson: confidence interval by Wilson's score.
        exact: confidence interval by Clopper and Pearson, which is never too narrow.
    """

    won: int
    votes: int
    value: float | None
    p_value: float
    wilson: tuple[float, float]
    exact: tuple[float, float]


def share_of(won: int, lost: int, *, level: float = 0.95) -> DecisiveShare:
    """Return what decisive votes say of a side that won and lost so many.

    Raises:
        ValueError: a count is below zero.
    """
    if won < 0 or lost < 0:
        raise ValueError("Counts are at least zero.")
    votes = won + lost
    # By symmetry, both tails of equal chances are twice the smaller one, and all there is where they meet.
    p_value = min(1.0, 2 * float(binom.cdf(min(won, lost), votes, 0.5))) if abs(won - lost) > 1 else 1.0
    return DecisiveShare(
        won=won,
        votes=votes,
        value=won / votes if votes else None,
        p_value=p_value,
        wilson=wilson(won, votes, level=level),
        exact=clopper_pearson(won, votes, level=level),
    )


def wilson(won: int, votes: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a share by the score test (Wilson, JASA 22, 1927); 0 to 1 without votes."""
    if not votes:
        return 0.0, 1.0
    square = critical_value(level) ** 2
    middle = (won + square / 2) / (votes + square)
    reach = math.sqrt(square * (won * (votes - won) / votes + square / 4)) / (votes + square)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def clopper_pearson(won: int, votes: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the interval of a share that holds at least so often whatever the share is (Biometrika 26, 1934)."""
    if not votes:
        return 0.0, 1.0
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, won, votes - won + 1)) if won else 0.0
    high = float(beta.ppf(1 - tail, won + 1, votes - won)) if won < votes else 1.0
    return low, high


def votes_for(share: float, *, level: float = 0.95, power: float = 0.8) -> int:
    """Return how many decisive votes find that a side wins this share, with a chance of `power`.

    The normal approximation to the test of equal chances: Fleiss, Levin and Paik, Statistical Methods for Rates and
    Proportions, 2003, section 2.5. Votes must be independent: several on one prompt count for less.

    Raises:
        ValueError: the share is one half, or not between 0 and 1.
    """
    if not 0 < share < 1 or share == 0.5:
        raise ValueError("A share to be found lies between 0 and 1, and is not one half.")
    return math.ceil(_votes(share, level, power))


def detectable_share(votes: int, *, level: float = 0.95, power: float = 0.8) -> float | None:
    """Return the smallest share above one half that so many decisive votes find with a chance of `power`.

    It is rounded up to a thousandth. None if not even a side that nearly always wins is found.
    """
    low, high = 501, 999
    if _votes(high * STEP, level, power) > votes:
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if _votes(middle * STEP, level, power) > votes else (low, middle)
    return round(low * STEP, 3)


def _votes(share: float, level: float, power: float) -> float:
    spread = critical_value(level) / 2 + float(ndtri(power)) * math.sqrt(share * (1 - share))
    return (spread / (share - 0.5)) ** 2
