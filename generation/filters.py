"""Filters: what is wrong with one example, found by reading it alone.

Each filter is a pure function in a table. It returns what it saw, or None. A profile says which of them judge, in the
table's order; the first that finds something gives the reason.
"""

import re
import string
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from generation.dataset import Example

FilterName = Literal["alpaca", "default"]


@dataclass(frozen=True, slots=True)
class FilterProfile:
    """Which filters judge an example.

    Attributes:
        name: `alpaca` has exactly the published rules (Self-Instruct, appendix A, and Stanford Alpaca's five words
            more), which read the instruction only and turn Korean away; `default` is ours.
        language: the language that examples should be in, such as "ko"; None lets every language pass.
    """

    name: FilterName = "default"
    language: str | None = None


DEFAULT_PROFILE = FilterProfile()


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an example is turned away: a `reason` to count by, and the `detail` that was seen."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A row of the table. `judge` returns what it saw, or None where the example may stay."""

    reason: str
    judge: Callable[[Example], str | None]
    profile: FilterName


def reject(example: Example, *, profile: FilterProfile = DEFAULT_PROFILE) -> Rejection | None:
    """Return the first reason against `example`, or None."""
    for row in _filters_of(profile):
        if (detail := row.judge(example)) is not None:
            return Rejection(row.reason, detail)
    return None


@cache
def _filters_of(profile: FilterProfile) -> tuple[Filter, ...]:
    return tuple(row for row in FILTERS if row.profile == profile.name)


# Self-Instruct's thirteen and Stanford Alpaca's five more, in their order.
PUBLISHED_WORDS = (
    "image", "images", "graph", "graphs", "picture", "pictures", "file", "files", "map", "maps", "draw", "plot",
    "go to", "video", "audio", "music", "flowchart", "diagram",
)  # fmt: skip
_PUBLISHED_WORD = re.compile(rf"\b({'|'.join(PUBLISHED_WORDS)})\b", re.IGNORECASE)


def three_words_or_fewer(example: Example) -> str | None:
    words = len(example.instruction.split())
    return f"{words} words" if words <= 3 else None


def over_150_words(example: Example) -> str | None:
    words = len(example.instruction.split())
    return f"{words} words" if words > 150 else None


def published_word(example: Example) -> str | None:
    found = _PUBLISHED_WORD.search(example.instruction)
    return found and found[0]


def published_opening(example: Example) -> str | None:
    opening = "Write a program"
    return opening if example.instruction.startswith(opening) else None


def starts_with_ascii_punctuation(example: Example) -> str | None:
    first = example.instruction[:1]
    return first if first and first in string.punctuation else None


def starts_with_non_ascii(example: Example) -> str | None:
    first = example.instruction[:1]
    return first if not first.isascii() else None


FILTERS: tuple[Filter, ...] = (
    Filter("too_short", three_words_or_fewer, "alpaca"),
    Filter("too_long", over_150_words, "alpaca"),
    Filter("blocked_word", published_word, "alpaca"),
    Filter("blocked_opening", published_opening, "alpaca"),
    Filter("starts_punctuation", starts_with_ascii_punctuation, "alpaca"),
    Filter("starts_non_ascii", starts_with_non_ascii, "alpaca"),
)
