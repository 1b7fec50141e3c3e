"""Recognition: how well features of replies tell who wrote them, in replies to prompts that were not learned from.

A multinomial logistic regression (ridge penalty, every contender of equal weight) learns from four fifths of the
prompts and judges the rest, five times over; so no prompt is on both sides. The figure of a contender is the mean of
two shares: of its own replies that are taken for its own, and of others' replies that are not. Guessing gives one half.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from leaderboard.arrays import BoolArray, FloatArray, IntArray

FOLDS = 5
RIDGE = 1e-3
STEPS = 60
RESAMPLES = 300
LEVEL = 0.95
CHANCE = 0.5


@dataclass(frozen=True, slots=True)
class Recognised:
    """How well one contender is recognised: a share, with the interval that resampling the prompts gives.

    A `share` of one half is chance, 1 is always. `replies` of its own were judged, and `others`.
    """

    share: float
    lower: float
    upper: float
    replies: int
    others: int


def recognise(
    features: sparse.csr_array, writers: Sequence[str], prompts: Sequence[str], *, seed: int = 0
) -> Mapping[str, Recognised]:
    """Return how well each writer's rows are recognised.

    Args:
        features: a row for each reply.
        writers: who wrote it.
        prompts: what it answers; equal prompts stay together.
        seed: of folds and resampling, so that the same replies give the same figures.
    """
    names = sorted(set(writers))
    labels = np.array([names.index(writer) for writer in writers])
    groups = np.unique(np.array(prompts, dtype=object).astype(str), return_inverse=True)[1]
    random = np.random.default_rng(seed)
    fold_of = random.permutation(np.arange(groups.max() + 1) % FOLDS)[groups]
    chances = np.zeros((len(labels), len(names)))
    for fold in range(FOLDS):
        learned, judged = fold_of != fold, fold_of == fold
        if judged.any() and len(set(labels[learned])) == len(names):
            weights = _fit(features[learned], labels[learned], len(names))
            chances[judged] = _softmax(_with_ones(features[judged]) @ weights)
    return {
        name: _recognised(chances[:, place], labels == place, groups, chance=1 / len(names), random=random)
        for place, name in enumerate(names)
    }


def _recognised(
    chances: FloatArray, own: BoolArray, groups: IntArray, *, chance: float, random: np.random.Generator
) -> Recognised:
    taken = chances > chance
    right = np.where(own, taken, ~taken)
    size = groups.max() + 1
    # For each prompt: own replies, own that are right, others, others that are right.
    counts = np.stack(
        [np.bincount(groups, weights=values, minlength=size) for values in (own, own & right, ~own, ~own & right)]
    )
    drawn = random.multinomial(size, np.full(size, 1 / size), size=RESAMPLES) @ counts.T
    shares = np.sort([_share(row) for row in drawn])
    tail = (1 - LEVEL) / 2
    lower, upper = np.quantile(shares, [tail, 1 - tail])
    share = _share(counts.sum(axis=1))
    if share == 1.0:  # resampling what never failed never fails; of n prompts without a failure, 3/n may still hold one
        lower = min(lower, 1 - 3 / size)
    return Recognised(share, float(lower), float(upper), int(own.sum()), int((~own).sum()))


def _share(counts: FloatArray) -> float:
    own, own_right, others, others_right = counts
    return float((own_right / own if own else 0.5) + (others_right / others if others else 0.5)) / 2


def _fit(features: sparse.csr_array, labels: IntArray, num: int) -> FloatArray:
    """Return the coefficients of a multinomial logistic regression, a row for each feature and one for the constant."""
    rows = _with_ones(features)
    wanted = np.eye(num)[labels]
    weight = (1 / (num * wanted.sum(axis=0)))[labels][:, None]
    shape = (rows.shape[1], num)

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        coefficients = flat.reshape(shape)
        chances = _softmax(rows @ coefficients)
        fit = -(weight * wanted * np.log(np.maximum(chances, 1e-12))).sum()
        slope = rows.T @ (weight * (chances - wanted)) + RIDGE * coefficients
        return float(fit + RIDGE / 2 * (coefficients**2).sum()), np.asarray(slope).ravel()

    found = minimize(loss, np.zeros(shape).ravel(), jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    return np.asarray(found.x).reshape(shape)


def _with_ones(features: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array(sparse.hstack([features, sparse.csr_array(np.ones((features.shape[0], 1)))]))


def _softmax(scores: FloatArray) -> FloatArray:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    result: FloatArray = powers / powers.sum(axis=1, keepdims=True)
    return result
