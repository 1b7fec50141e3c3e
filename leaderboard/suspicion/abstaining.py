"""Abstaining: which battles got a vote at all. What the votes say is not looked at.

Whoever recognises one contender and waits for it opens many battles and votes on few. Honest voters leave battles too,
and some contenders drive them away; both are allowed for.
"""

from dataclasses import dataclass

import numpy as np

from leaderboard.arrays import FloatArray, IntArray
from leaderboard.suspicion.grouped import add_up, count
from leaderboard.suspicion.opened import OpenedBattles
from leaderboard.suspicion.tails import at_least

# Honest voters may leave battles without a contender this much more often than battles with it.
SLACK = 2.0
# As if so many average battles had been seen: a new contender has no rate of its own yet.
PRIOR_BATTLES = 20


def vote_rates(opened: OpenedBattles) -> FloatArray:
    """Return how often battles with each contender get a vote, over how often any does; at most 1 [M].

    A contender whose answers drive voters away makes all others look chosen. One that gets more votes than the rest
    may be the reason why we look, so nobody is allowed more than the average.
    """
    num_contenders = opened.num_contenders
    everywhere = np.concatenate([opened.left, opened.right])
    cast = np.tile(opened.voted, 2)
    average = float(opened.voted.mean())
    votes = add_up(everywhere, cast, num_contenders) + PRIOR_BATTLES * average
    battles = count(everywhere, num_contenders) + PRIOR_BATTLES
    rates: FloatArray = np.minimum(votes / battles / average, 1.0)
    return rates


@dataclass(frozen=True, eq=False, slots=True)
class Selectivity:
    """How likely so many of a group's votes are about each contender.

    Attributes:
        chance: by what the group opened [G, M].
        votes: how many there are about each [G, M].
        excess: how many of them more than the slack allows [G, M].
    """

    chance: FloatArray
    votes: FloatArray
    excess: FloatArray


def selective(opened: OpenedBattles, group: IntArray, num_groups: int, rates: FloatArray) -> Selectivity:
    """Return how likely so many of a group's votes are about each contender, by what it opened [G, M].

    Of n votes k are about the contender: k is binomial with the share that its battles have among all that the group
    opened, each weighted by how often such battles get a vote, and those of the contender `SLACK` times more.
    """
    size = opened.num_contenders
    cells = num_groups * size
    weight = rates[opened.left] * rates[opened.right]

    def gathered(value: FloatArray) -> tuple[FloatArray, FloatArray]:
        left, right = (add_up(group * size + side, value, cells) for side in (opened.left, opened.right))
        return (left + right).reshape(num_groups, size), add_up(group, value, num_groups)[:, None]

    about, everything = gathered(weight)
    with_contender, votes = gathered(opened.voted.astype(np.float64))
    likely = np.divide(SLACK * about, SLACK * about + everything - about, out=np.ones_like(about), where=about > 0)
    chance = np.ones_like(about)
    more = with_contender > votes * likely
    number = np.broadcast_to(votes, about.shape)
    chance[more] = at_least(with_contender[more], number[more], likely[more])
    return Selectivity(chance, with_contender, with_contender - votes * likely)


def both_at_once(one: FloatArray, other: FloatArray) -> FloatArray:
    """Return the chance of two independent findings together, by Fisher's method.

    Which battles get a vote says nothing of what the votes say, so for honest voters these two are independent.
    """
    product = np.maximum(one * other, np.finfo(np.float64).tiny)
    chance: FloatArray = product * (1 - np.log(product))
    return chance
