"""Figures: the numbers of a report, counted from a run's rows."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from generation.candidates.filters import FILTERS
from generation.candidates.near_duplicates import THRESHOLD
from generation.candidates.rouge import words
from generation.dataset import Row
from generation.languages import script_shares
from generation.report.run_files import TEXTS

# The reasons for rejection, in the order of the checks. Unknown reasons come after these.
REASONS = tuple(
    dict.fromkeys(
        [
            *("given_up", "no_task", "malformed", "merged_tasks", "truncated", "ends_open"),
            *("contradictory", "repeated", "surplus"),
            *(row.reason for row in FILTERS),
            *("wrong_language", "contaminated", "near_duplicate"),
        ]
    )
)
Lengths = Mapping[str, NDArray[np.int64]]
SIMILARITY_BINS = 50
# Thai, Lao, Myanmar, Khmer, kana and Han: written without spaces, so that counting words takes a tokenizer.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
WINDOW = 50
POINTS = 240


@dataclass(frozen=True, slots=True)
class Spread:
    """The 5th, 50th and 95th percentile of lengths in words; zeros where there are none."""

    low: float
    median: float
    high: float


@dataclass(frozen=True, slots=True)
class RejectionCount:
    """One reason: the candidates before it, those it rejected, and the lengths of their texts by field."""

    reason: str
    entered: int
    removed: int
    before: Mapping[str, Spread]
    turned_away: Mapping[str, Spread]
    after: Mapping[str, Spread]

    @property
    def left(self) -> int:
        """How many went on."""
        return self.entered - self.removed


@dataclass(frozen=True, slots=True)
class Similarity:
    """How many instructions have which similarity to their nearest, in equal bins from 0 to 1."""

    kept: Sequence[int]
    rejected: Sequence[int]
    threshold: float


@dataclass(frozen=True, slots=True)
class Trend:
    """Moving averages over the requests: the last request that a point covers, rows kept a request, share kept."""

    requests: Sequence[int]
    kept: Sequence[float]
    novelty: Sequence[float]


def word_counts(rows: Sequence[Row]) -> Lengths:
    """Return the length of each row's texts in words, by field."""
    return {field: np.array([_words(row[field]) for row in rows], dtype=np.int64) for field in TEXTS}


def funnel(rejected: Sequence[Row], kept: Sequence[Row], lengths: Lengths) -> list[RejectionCount]:
    """Return the reasons that rejected any candidate, in the order of the checks.

    `lengths` are those of the rejected rows, followed by those of the kept.
    """
    reasons = [*REASONS, *sorted({row["reason"] for row in rejected}.difference(REASONS))]
    rank = {reason: at for at, reason in enumerate(reasons)}
    met = np.array([*(rank[row["reason"]] for row in rejected), *([len(reasons)] * len(kept))])
    stages = []
    for at in sorted(set(met[: len(rejected)].tolist())):
        groups = {"before": met >= at, "turned_away": met == at, "after": met > at}
        of_group = {name: {field: _spread(lengths[field][group]) for field in TEXTS} for name, group in groups.items()}
        counts = {name: int(group.sum()) for name, group in groups.items()}
        stages.append(RejectionCount(reasons[at], counts["before"], counts["turned_away"], **of_group))
    return stages


def spreads(lengths: Lengths) -> dict[str, Spread]:
    """Return the spread of each field, empty texts left out."""
    return {field: _spread(counts[counts > 0]) for field, counts in lengths.items()}


def similarity(kept: Sequence[Row], rejected: Sequence[Row], filters: Mapping[str, Any]) -> Similarity | None:
    """Return the similarity of instructions to their nearest, or None if it was not measured."""
    turned_away = [row for row in rejected if row["reason"] == "near_duplicate"]
    bins = Similarity(_binned(kept), _binned(turned_away), _threshold(filters))
    return bins if any(bins.kept) or any(bins.rejected) else None


def trend(yields: Sequence[Sequence[int]]) -> Trend | None:
    """Return the trend of `yields`, (kept, parsed) by request, or None before the first window is full."""
    if len(yields) < WINDOW:
        return None
    kept, parsed = (np.convolve(column, np.ones(WINDOW), "valid") for column in np.array(yields).T)
    shown = np.unique(np.linspace(0, len(kept) - 1, min(POINTS, len(kept))).astype(int))
    novelty = np.divide(kept, parsed, out=np.ones_like(kept), where=parsed > 0)
    return Trend((shown + WINDOW).tolist(), (kept[shown] / WINDOW).tolist(), novelty[shown].tolist())


def scripts(kept: Iterable[Row]) -> dict[str, int]:
    """Return how many rows are mainly written in which script, as their beginnings tell, the most frequent first."""
    texts = (f"{row['instruction'][:200]} {row['output'][:200]}" for row in kept)
    main = (next(iter(script_shares(text)), None) for text in texts)
    return dict(Counter(script.value if script else "none" for script in main).most_common())


def most_repeated(rejected: Iterable[Row], *, limit: int = 8) -> dict[str, int]:
    """Return the texts that most near-duplicates were nearest to, with how many."""
    nearest = (row.get("nearest") for row in rejected if row["reason"] == "near_duplicate")
    return dict(Counter(text for text in nearest if text).most_common(limit))


def evenly_spaced(rows: Sequence[Row], count: int) -> list[Row]:
    """Return `count` of `rows`, evenly spaced, or all where there are fewer."""
    if len(rows) <= count:
        return list(rows)
    return [rows[at * len(rows) // count] for at in range(count)]


def _words(text: str) -> int:
    return len(words(text)) if _UNSPACED.search(text) else len(text.split())


def _spread(lengths: NDArray[np.int64]) -> Spread:
    return Spread(*np.percentile(lengths, [5, 50, 95]).tolist()) if len(lengths) else Spread(0, 0, 0)


def _binned(rows: Iterable[Row]) -> list[int]:
    scores = [row["score"] for row in rows if row.get("score") is not None]
    counts, _ = np.histogram(scores, bins=SIMILARITY_BINS, range=(0, 1))
    return [int(count) for count in counts]


def _threshold(filters: Mapping[str, Any]) -> float:
    threshold = filters.get("threshold")
    return THRESHOLD if threshold is None else float(threshold)
