"""Sampling: which pair should be voted on next. Every policy gives every pair a known probability.

`informative` draws the pairs whose votes teach most. It has three goals, in this order: newcomers, the order of the
top, and the widest interval. The gain of a battle is how much its vote is expected to reduce the goal's variance
(greedy optimal design; Fedorov 1972). A share of uniform draws keeps every pair possible, so that weights of one over
the stored probability can undo the effect of the policy on averages.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg

from leaderboard.arrays import BoolArray, FloatArray
from leaderboard.bradley_terry import Prior, fit_with_prior, win_probabilities
from leaderboard.conditional import PRIOR_PRECISION
from leaderboard.estimate import critical_value
from leaderboard.incidence import laplacian
from leaderboard.scale import ELO_PER_NAT
from leaderboard.tallies import Tallies

# The interval of a newcomer is wider than this (in Elo), and wider than the pool's median by this factor.
NEWCOMER_WIDTH = 25.0
NEWCOMER_RATIO = 1.5
# The order of the five best is a goal until the intervals of their differences are narrower than this (in Elo).
TOP = 5
TOP_WIDTH = 30.0
# A contender is out of the top once five others are above it by this many standard errors of the difference.
TOP_DOUBT = 1.5
# A goal draws from this share of all pairs, those with the highest gain, and from at least this many.
BEST_SHARE = 0.05
BEST_AT_LEAST = 3
# A contender whose share is closer than this to the largest allowed share has reached it.
EMPTY = 1e-9


@dataclass(frozen=True, slots=True)
class Draw:
    """A drawn pair, whose sides are already random.

    Attributes:
        a: the left contender.
        b: the right contender.
        probability: the probability that the policy drew these two, in either order.
        policy: the policy's name.
    """

    a: str
    b: str
    probability: float
    policy: str


@dataclass(frozen=True, eq=False)
class Design:
    """The probabilities of all pairs of a pool, valid until the votes or the pool change.

    Attributes:
        policy: name of the policy that computed them.
        pool: the contenders that may be drawn.
        probabilities: of each pair, above the diagonal and again below it. Those above sum to one [M, M].
    """

    policy: str
    pool: tuple[str, ...]
    probabilities: FloatArray

    def draw(self, rng: np.random.Generator) -> Draw:
        """Draw a pair and shuffle its sides."""
        bounds = self._bounds
        cell = int(np.searchsorted(bounds, rng.random() * bounds[-1], side="right"))
        # Each pair has two cells of the same probability, one for each order of its sides.
        left, right = divmod(cell, len(self.pool))
        return Draw(self.pool[left], self.pool[right], float(self.probabilities[left, right]), self.policy)

    @cached_property
    def _bounds(self) -> FloatArray:
        return np.cumsum(self.probabilities)

    @property
    def shares(self) -> FloatArray:
        """The share of battles that each contender takes part in; the shares sum to two [M]."""
        shares: FloatArray = self.probabilities.sum(axis=1)
        return shares


def draw_pair(policy: str, pool: Sequence[str], tallies: Tallies, *, rng: np.random.Generator) -> Draw:
    """Draw two different contenders of the pool.

    To draw often, call `design` once each time the votes change, and then its `draw`.

    Raises:
        ValueError: fewer than two contenders, or no policy of this name.
    """
    return design(policy, pool, tallies).draw(rng)


def design(
    policy: str, pool: Sequence[str], tallies: Tallies, *, floor: float = 0.05, max_share: float = 0.85
) -> Design:
    """Return the probabilities of all pairs under a policy ("uniform" or "informative").

    Args:
        policy: the policy's name.
        pool: the contenders that may be drawn.
        tallies: the votes so far; contenders without a vote need not be in them.
        floor: the share of draws that are uniform, whatever the votes say.
        max_share: the largest share of battles that the goals may give to one contender, its uniform draws included.

    Raises:
        ValueError: fewer than two contenders, or no policy of this name.
    """
    if len(set(pool)) < 2:
        raise ValueError("A battle needs two contenders in the pool.")
    if policy not in POLICIES:
        raise ValueError(f"`{policy}` is no policy; known are {', '.join(POLICIES)}.")
    names = tuple(dict.fromkeys(pool))
    return Design(policy, names, POLICIES[policy](names, tallies, floor, max_share))


def _uniform(pool: tuple[str, ...], _tallies: Tallies, _floor: float, _max_share: float) -> FloatArray:
    return _spread(np.ones((len(pool), len(pool))))


def _informative(pool: tuple[str, ...], tallies: Tallies, floor: float, max_share: float) -> FloatArray:
    everyone = np.ones((len(pool), len(pool)))
    chosen, left = floor * _spread(everyone), 1 - floor
    belief = _Belief.from_tallies(pool, tallies)
    for goal in _GOALS:
        # A contender that has reached its largest share is not drawn for this goal, not even as an opponent.
        room = max_share - chosen.sum(axis=1)
        free = room > EMPTY
        wanted = goal(belief, free)
        if not wanted.any() or free.sum() < 2:
            continue
        aimed = _aim(belief, wanted, free)
        load = aimed.sum(axis=1)
        # This goal gets draws until one of its contenders has reached its largest share; the next goal gets the rest.
        part = min(left, float(np.min(room[load > 0] / load[load > 0])))
        chosen, left = chosen + part * aimed, left - part
    return chosen + left * _spread(everyone)


POLICIES: dict[str, Callable[[tuple[str, ...], Tallies, float, float], FloatArray]] = {
    "uniform": _uniform,
    "informative": _informative,
}


@dataclass(frozen=True, eq=False, slots=True)
class _Belief:
    """Strengths of the pool [M] and their covariance [M, M], under a wide prior, so that they exist without votes."""

    strengths: FloatArray
    covariance: FloatArray

    @classmethod
    def from_tallies(cls, pool: tuple[str, ...], tallies: Tallies) -> "_Belief":
        # Battles against contenders outside the pool are evidence on those inside.
        names = (*pool, *(name for name in tallies.contenders if name not in pool))
        record = tallies.among(names).record
        prior = Prior(np.zeros(len(names)), np.full(len(names), PRIOR_PRECISION))
        fit = fit_with_prior(record, prior)
        covariance: FloatArray = scipy.linalg.inv(fit.information)
        inside = slice(0, len(pool))
        covariance = (covariance + covariance.T) / 2
        return cls(fit.strengths[inside], covariance[inside, inside])

    @property
    def widths(self) -> FloatArray:
        """Width of each contender's 95 % interval around the pool's mean, in Elo [M]."""
        centred = self.covariance - self.covariance.mean(axis=0)
        centred -= centred.mean(axis=1, keepdims=True)
        width: FloatArray = 2 * critical_value(0.95) * ELO_PER_NAT * np.sqrt(np.diag(centred))
        return width

    @property
    def difference_variances(self) -> FloatArray:
        """Variance of every difference, in natural units [M, M]."""
        variance = np.diag(self.covariance)
        return np.maximum(variance[:, None] + variance[None, :] - 2 * self.covariance, 0.0)


# A goal takes the belief and who may be drawn. It returns the sum of c cᵀ over the contrasts c whose variances it wants
# to reduce, or zeros when it is reached [M, M].
_Goal = Callable[[_Belief, BoolArray], FloatArray]


def _newcomers(belief: _Belief, _free: BoolArray) -> FloatArray:
    widths = belief.widths
    return np.diag(1.0 * (widths > max(NEWCOMER_WIDTH, NEWCOMER_RATIO * float(np.median(widths)))))


def _order_of_the_top(belief: _Belief, _free: BoolArray) -> FloatArray:
    """Return the contrasts between contenders that may be in the top, where their interval is still too wide."""
    errors = np.sqrt(belief.difference_variances)
    gaps = belief.strengths[:, None] - belief.strengths[None, :]
    may_be_top = (gaps > TOP_DOUBT * errors).sum(axis=0) < TOP
    wide = 2 * critical_value(0.95) * ELO_PER_NAT * errors > TOP_WIDTH
    return laplacian((np.outer(may_be_top, may_be_top) & wide).astype(np.float64))


def _widest(belief: _Belief, free: BoolArray) -> FloatArray:
    return np.diag(1.0 * (np.arange(len(free)) == np.where(free, belief.widths, 0.0).argmax()))


_GOALS: tuple[_Goal, ...] = (_newcomers, _order_of_the_top, _widest)


def _aim(belief: _Belief, goal: FloatArray, free: BoolArray) -> FloatArray:
    """Return pair probabilities in proportion to the gain, over the free pairs with the highest gains [M, M]."""
    chance = win_probabilities(belief.strengths)
    news = chance * chance.T
    reach = belief.covariance @ goal @ belief.covariance
    # Rounding must not make the two cells of a pair differ.
    reach = (reach + reach.T) / 2
    drop = np.diag(reach)[:, None] + np.diag(reach)[None, :] - 2 * reach
    gain = news * drop / (1 + news * belief.difference_variances) * np.outer(free, free)
    pairs = gain[np.triu_indices(len(gain), k=1)]
    best = min(len(pairs), max(BEST_AT_LEAST, round(BEST_SHARE * len(pairs))))
    threshold = np.partition(pairs, -best)[-best]
    return _spread(np.where(gain >= threshold, gain, 0.0))


def _spread(weight: FloatArray) -> FloatArray:
    """Scale symmetric weights to pair probabilities: those above the diagonal sum to one."""
    weight = weight * (1 - np.eye(len(weight)))
    probabilities: FloatArray = 2 * weight / weight.sum()
    return probabilities
