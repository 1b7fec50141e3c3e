"""Which pair should be judged next: policies that give every pair a known probability.

`informative` aims votes where they teach most: first at newcomers, then at the order of the top, then at the widest
interval. The gain of a battle is the drop of the goal's variance that its vote is expected to bring (greedy optimal
design; Fedorov 1972). A floor of uniform draws keeps every pair possible, so that weighting votes by one over the
stored probability removes what aiming does to averages.
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
from leaderboard.scale import ELO_PER_NAT
from leaderboard.tallies import Tallies

# A newcomer's interval (Elo) is wider than this, and this much wider than the field's median.
NEWCOMER_WIDTH = 25.0
NEWCOMER_RATIO = 1.5
# The order of the best is pursued until the intervals of their differences (Elo) are this narrow.
TOP = 5
TOP_WIDTH = 30.0
# Standard errors below the fifth best from which a contender is no longer taken for one of the best.
TOP_DOUBT = 1.5
# Of all pairs, those with the highest gain that a goal draws from.
BEST_SHARE = 0.05
BEST_AT_LEAST = 3
# Less room than this under the cap is rounding.
EMPTY = 1e-9


@dataclass(frozen=True, slots=True)
class Draw:
    """A drawn pair; which of the two stands left is already random.

    Attributes:
        a: the left contender.
        b: the right contender.
        probability: that the policy drew these two, in either order.
        policy: its name.
    """

    a: str
    b: str
    probability: float
    policy: str


@dataclass(frozen=True, eq=False)
class Design:
    """Probabilities of all pairs of a pool; good until the votes or the pool change.

    Attributes:
        policy: name of the policy that made it.
        pool: contenders that may be drawn.
        probabilities: symmetric; a pair's probability stands above the diagonal and again below it [M, M].
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
        """The share of battles that each contender will be in; they sum to two [M]."""
        shares: FloatArray = self.probabilities.sum(axis=1)
        return shares


def draw_pair(policy: str, pool: Sequence[str], tallies: Tallies, *, rng: np.random.Generator) -> Draw:
    """Draw two different contenders of the pool.

    Whoever draws often keeps the `design` until the votes change and calls its `draw`.

    Raises:
        ValueError: fewer than two contenders, or no policy of this name.
    """
    return design(policy, pool, tallies).draw(rng)


def design(
    policy: str, pool: Sequence[str], tallies: Tallies, *, floor: float = 0.05, max_share: float = 0.85
) -> Design:
    """Return the probabilities of all pairs under a policy ("uniform" or "informative").

    Args:
        policy: its name.
        pool: contenders that may be drawn.
        tallies: the votes so far; contenders without a vote need not be in them.
        floor: share of the draws that are uniform whatever the votes say.
        max_share: no contender is aimed at beyond this share of the battles, counting its uniform draws.

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
        # Who is full is out of the question, also as an opponent.
        room = max_share - chosen.sum(axis=1)
        free = room > EMPTY
        contrasts = goal(belief, free)
        if not len(contrasts) or free.sum() < 2:
            continue
        aimed = _aim(belief, contrasts, free)
        load = aimed.sum(axis=1)
        # As much of this goal as the fullest of its contenders allows; the next goal takes the rest.
        part = min(left, float(np.min(room[load > 0] / load[load > 0])))
        chosen, left = chosen + part * aimed, left - part
    return chosen + left * _spread(everyone)


POLICIES: dict[str, Callable[[tuple[str, ...], Tallies, float, float], FloatArray]] = {
    "uniform": _uniform,
    "informative": _informative,
}


@dataclass(frozen=True, eq=False, slots=True)
class _Belief:
    """What is known of the pool: strengths and their covariance under a wide prior, so that it exists without votes."""

    strengths: FloatArray
    covariance: FloatArray

    @classmethod
    def from_tallies(cls, pool: tuple[str, ...], tallies: Tallies) -> "_Belief":
        # Contenders outside the pool tell about those inside that they met.
        names = (*pool, *(name for name in tallies.contenders if name not in pool))
        record = tallies.among(names).record
        prior = Prior(np.zeros(len(names)), np.full(len(names), PRIOR_PRECISION))
        fit = fit_with_prior(record, prior)
        covariance: FloatArray = scipy.linalg.inv(fit.information)
        inside = slice(0, len(pool))
        return cls(fit.strengths[inside], covariance[inside, inside])

    @property
    def widths(self) -> FloatArray:
        """Width of the interval around the pool's mean, in Elo [M]."""
        centred = self.covariance - self.covariance.mean(axis=0)
        centred -= centred.mean(axis=1, keepdims=True)
        width: FloatArray = 2 * critical_value(0.95) * ELO_PER_NAT * np.sqrt(np.diag(centred))
        return width

    @property
    def difference_variances(self) -> FloatArray:
        """Variance of every difference, in natural units [M, M]."""
        variance = np.diag(self.covariance)
        return np.maximum(variance[:, None] + variance[None, :] - 2 * self.covariance, 0.0)


# (belief, who may be drawn) → contrasts whose variances shall fall [G, M]; none where the goal is reached
_Goal = Callable[[_Belief, BoolArray], FloatArray]


def _newcomers(belief: _Belief, _free: BoolArray) -> FloatArray:
    widths = belief.widths
    return np.eye(len(widths))[widths > max(NEWCOMER_WIDTH, NEWCOMER_RATIO * float(np.median(widths)))]


def _order_of_the_top(belief: _Belief, _free: BoolArray) -> FloatArray:
    """Return the differences, still too wide, of all that may be among the best."""
    errors = np.sqrt(belief.difference_variances)
    gaps = belief.strengths[:, None] - belief.strengths[None, :]
    may_be_top = np.flatnonzero((gaps > TOP_DOUBT * errors).sum(axis=0) < TOP)
    first, second = (may_be_top[side] for side in np.triu_indices(len(may_be_top), k=1))
    wide = 2 * critical_value(0.95) * ELO_PER_NAT * errors[first, second] > TOP_WIDTH
    identity = np.eye(len(errors))
    return identity[first[wide]] - identity[second[wide]]


def _widest(belief: _Belief, free: BoolArray) -> FloatArray:
    return np.eye(len(free))[[np.where(free, belief.widths, 0.0).argmax()]]


_GOALS: tuple[_Goal, ...] = (_newcomers, _order_of_the_top, _widest)


def _aim(belief: _Belief, contrasts: FloatArray, free: BoolArray) -> FloatArray:
    """Return pair probabilities in proportion to the gain, over the free pairs that gain most [M, M]."""
    chance = win_probabilities(belief.strengths)
    news = chance * chance.T
    reach = contrasts @ belief.covariance
    inner = reach.T @ reach
    drop = np.diag(inner)[:, None] + np.diag(inner)[None, :] - 2 * inner
    gain = news * drop / (1 + news * belief.difference_variances) * np.outer(free, free)
    pairs = gain[np.triu_indices(len(gain), k=1)]
    best = min(len(pairs), max(BEST_AT_LEAST, round(BEST_SHARE * len(pairs))))
    threshold = np.partition(pairs, -best)[-best]
    return _spread(np.where(gain >= threshold, gain, 0.0))


def _spread(weight: FloatArray) -> FloatArray:
    """Scale symmetric weights to pair probabilities: what stands above the diagonal sums to one."""
    weight = weight * (1 - np.eye(len(weight)))
    probabilities: FloatArray = 2 * weight / weight.sum()
    return probabilities
