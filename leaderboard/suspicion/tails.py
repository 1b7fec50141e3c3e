"""How likely a sum of votes is to be at least as large as it is, by chance.

A normal approximation is far off where detectors need it: for ten votes, for lopsided pairs, at one in a million. The
saddlepoint approximation of Lugannani and Rice, Advances in Applied Probability 12 (1980), is good to a few percent
there. Tastes, and the board's own error, are added as independent normal noise.
"""

import numpy as np
from scipy.special import betainc, ndtr

from leaderboard.arrays import FloatArray, IntArray
from leaderboard.suspicion.expected import ExpectedVotes

MAX_STEPS = 60
TOLERANCE = 1e-9
# Where the saddlepoint is this close to zero the formula is 0 / 0, and the normal approximation exact enough.
NEAR_ZERO = 1e-4


def upper_tails(
    observed: FloatArray, group: IntArray, weight: FloatArray, expectation: ExpectedVotes, noise: FloatArray
) -> FloatArray:
    """Return the chance that Σ weight · (outcome - expected) is at least `observed`, for each group [G].

    Args:
        observed: the sums, not below zero [G].
        group: of each vote, from 0 to G - 1 [N].
        weight: of each vote [N].
        expectation: of each vote [N].
        noise: variance of the normal noise that is added to each sum, above zero [G].
    """
    num_groups = len(observed)
    mean, tie = expectation.mean, expectation.tie
    chances = np.stack([mean - tie / 2, tie, 1 - mean - tie / 2])
    values = weight * np.stack([1 - mean, 0.5 - mean, -mean])

    def generated(at: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the cumulant generating function and its first two derivatives [G]."""
        power = at[group] * values
        highest = power.max(axis=0)
        terms = chances * np.exp(power - highest)
        total = terms.sum(axis=0)
        first = (terms * values).sum(axis=0) / total
        second = (terms * values**2).sum(axis=0) / total - first**2
        sums = (np.bincount(group, part, num_groups) for part in (np.log(total) + highest, first, second))
        zeroth, slope, curvature = sums
        return zeroth + at**2 * noise / 2, slope + at * noise, curvature + noise

    # The derivative rises from 0 to beyond `observed`: the root lies in between, and Newton's steps stay in between.
    low = np.zeros(num_groups)
    high = (observed + np.bincount(group, np.abs(values).max(axis=0), num_groups)) / noise
    _, _, curvature = generated(low)
    place = np.minimum(observed / curvature, high)
    for _ in range(MAX_STEPS):
        _, slope, curvature = generated(place)
        above = slope >= observed
        low, high = np.where(above, low, place), np.where(above, place, high)
        step = place - (slope - observed) / curvature
        nearer = np.where((step > low) & (step < high), step, (low + high) / 2)
        settled = np.abs(nearer - place).max(initial=0.0) < TOLERANCE
        place = nearer
        if settled:
            break
    cumulant, _, curvature = generated(place)
    root = np.sqrt(np.maximum(2 * (place * observed - cumulant), 0))
    slope = place * np.sqrt(curvature)
    central = root < NEAR_ZERO
    with np.errstate(divide="ignore", invalid="ignore"):
        correction = np.exp(-(root**2) / 2) / np.sqrt(2 * np.pi) * (1 / slope - 1 / root)
    tail = np.where(central, ndtr(-root), ndtr(-root) + correction)
    return np.clip(tail, 0.0, 1.0)


def at_least(successes: FloatArray, trials: FloatArray, chance: FloatArray) -> FloatArray:
    """Return how likely a binomial number is to be at least `successes`, by the incomplete beta function [N]."""
    some = np.maximum(successes, 1)
    return np.where(successes > 0, betainc(some, np.maximum(trials - some, 0) + 1, chance), 1.0)
