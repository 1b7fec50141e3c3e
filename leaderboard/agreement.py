"""How far raters agree: raw agreement, Cohen's and Fleiss' kappa, Krippendorff's alpha.

Each may be undefined: where everybody always says the same, there is nothing that chance could explain, and no figure
is given rather than 1. Cohen, Educational and Psychological Measurement 20 (1960); Fleiss, Psychological Bulletin 76
(1971); Krippendorff, Content Analysis, 4th edition (2019), chapter 12.
"""

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from leaderboard.arrays import FloatArray

SEED = 20261122  # the same opinions give the same interval
RESAMPLES = 2000
# With fewer items that two raters judged, an interval of alpha is wider than ± 0.11 and says little.
ENOUGH_ITEMS = 100
Level = Literal["nominal", "ordinal"]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one rater said of one item; `value` is what is compared, such as "first", "tie" or "second"."""

    rater: Hashable
    item: Hashable
    value: Hashable


@dataclass(frozen=True, slots=True)
class Alpha:
    """Krippendorff's alpha: 1 is full agreement, 0 is what chance would give, below 0 is worse.

    Attributes:
        value: None where it is undefined.
        lower, upper: its interval by resampling items; None where too many resamples are undefined.
        items: items with two opinions or more, on which it rests.
        opinions: opinions on these.
    """

    value: float | None
    lower: float | None
    upper: float | None
    items: int
    opinions: int


def raw_agreement(opinions: Iterable[Opinion]) -> float | None:
    """Return the share of pairs of opinions on the same item that are alike; None if there is no such pair."""
    alike = pairs = 0
    for values in _by_item(opinions):
        pairs += len(values) * (len(values) - 1) // 2
        alike += sum(one == other for one, other in combinations(values, 2))
    return alike / pairs if pairs else None


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float | None:
    """Return the kappa of two raters, from what each said of the same items in the same order; None if undefined.

    Raises:
        ValueError: the raters did not judge equally many items.
    """
    if len(first) != len(second):
        raise ValueError("Both raters must have judged the same items.")
    number = len(first)
    observed = sum(one == other for one, other in zip(first, second, strict=True))
    # In whole numbers, so that "no disagreement is possible" is recognised exactly.
    expected = sum(first.count(value) * second.count(value) for value in {*first, *second})
    return (number * observed - expected) / (number**2 - expected) if number**2 != expected else None


def pairwise_kappas(opinions: Iterable[Opinion]) -> dict[tuple[Hashable, Hashable], tuple[float | None, int]]:
    """Return Cohen's kappa of every two raters that share an item, and how many they share; None where undefined."""
    said: dict[Hashable, dict[Hashable, Hashable]] = {}
    for one in opinions:
        said.setdefault(one.rater, {})[one.item] = one.value
    found: dict[tuple[Hashable, Hashable], tuple[float | None, int]] = {}
    for first, second in combinations(said, 2):
        if shared := [item for item in said[first] if item in said[second]]:
            pair = [[said[rater][item] for item in shared] for rater in (first, second)]
            found[first, second] = cohen_kappa(*pair), len(shared)
    return found


def fleiss_kappa(opinions: Iterable[Opinion]) -> float | None:
    """Return Fleiss' kappa; None if it is undefined, also where items differ in how many opinions they have."""
    items = _by_item(opinions)
    counts = _counts(items)
    if not len(counts) or len({len(values) for values in items}) > 1 or (raters := int(counts[0].sum())) < 2:
        return None
    observed = (counts * (counts - 1)).sum() / (raters * (raters - 1) * len(counts))
    expected = ((counts.sum(axis=0) / counts.sum()) ** 2).sum()
    return None if (counts.sum(axis=0) > 0).sum() == 1 else float((observed - expected) / (1 - expected))


def krippendorff_alpha(
    opinions: Iterable[Opinion],
    *,
    level: Level = "nominal",
    order: Sequence[Hashable] = (),
    confidence: float = 0.95,
    seed: int = SEED,
) -> Alpha:
    """Return Krippendorff's alpha with an interval over resampled items.

    Args:
        opinions: any number on each item; items with one opinion say nothing and are left out.
        level: whether values are just different, or have an order in which some are further apart.
        order: the values from the lowest to the highest, for ordinal ones.
        confidence: of the interval.
        seed: of the resampling.

    Raises:
        ValueError: the values are ordinal, and one is not in `order`.
    """
    items = [values for values in _by_item(opinions) if len(values) > 1]
    if level == "ordinal" and (unknown := {value for values in items for value in values} - {*order}):
        raise ValueError(f"The order lacks {', '.join(map(str, unknown))}.")
    counts = _counts(items, order if level == "ordinal" else ())
    number, opinions_used = len(counts), int(counts.sum())
    if not number:
        return Alpha(None, None, None, 0, 0)
    sizes = counts.sum(axis=1)
    # How often two values meet in an item, each item with the weight of its opinions.
    met = (counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(counts.shape[1])) / (
        sizes[:, None, None] - 1
    )
    (value,) = _alphas(met.sum(axis=0)[None], level)
    drawn = np.random.default_rng(seed).multinomial(number, np.full(number, 1 / number), RESAMPLES)
    resampled = _alphas(np.tensordot(drawn.astype(np.float64), met, axes=1), level)
    defined = resampled[~np.isnan(resampled)]
    # Where resamples often hold one value only, the defined ones are no fair sample.
    if np.isnan(value) or number < 2 or len(defined) < 0.95 * RESAMPLES:
        return Alpha(None if np.isnan(value) else float(value), None, None, number, opinions_used)
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    return Alpha(float(value), low, high, number, opinions_used)


def _alphas(coincidences: FloatArray, level: Level) -> FloatArray:
    """Return alpha of each matrix of coincidences [B, V, V]; not-a-number where it is undefined [B]."""
    totals = coincidences.sum(axis=2)
    all_values = totals.sum(axis=1)
    distance = _distances(totals, level)
    observed = (coincidences * distance).sum(axis=(1, 2)) / all_values
    expected = (totals[:, :, None] * totals[:, None, :] * distance).sum(axis=(1, 2)) / (all_values * (all_values - 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        alphas: FloatArray = np.where(expected > 0, 1 - observed / expected, np.nan)
    return alphas


def _distances(totals: FloatArray, level: Level) -> FloatArray:
    """Return the squared distances of every two values, by how often each was said [B, V, V]."""
    size = totals.shape[1]
    if level == "nominal":
        return np.broadcast_to(1 - np.eye(size), (len(totals), size, size))
    # All that lies between two values, and half of what is said at either end.
    reached = np.cumsum(totals, axis=1) - totals / 2
    squared: FloatArray = (reached[:, :, None] - reached[:, None, :]) ** 2
    return squared


def _by_item(opinions: Iterable[Opinion]) -> list[list[Hashable]]:
    items: dict[Hashable, list[Hashable]] = {}
    for one in opinions:
        items.setdefault(one.item, []).append(one.value)
    return list(items.values())


def _counts(items: Collection[Sequence[Hashable]], order: Sequence[Hashable] = ()) -> FloatArray:
    """Return how often each value was said of each item [items, V]."""
    values = list(order) or list(dict.fromkeys(value for said in items for value in said))
    place = {value: number for number, value in enumerate(values)}
    counts = np.zeros((len(items), len(values)))
    for row, said in enumerate(items):
        for value in said:
            counts[row, place[value]] += 1
    return counts
