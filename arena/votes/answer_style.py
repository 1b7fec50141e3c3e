"""The style of answers: their length and their Markdown, which style control compares between the two sides."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_HEADER = re.compile(r"^ {0,3}(#{1,6})\s", re.MULTILINE)
_ORDERED = re.compile(r"^\s*\d{1,3}[.)]\s", re.MULTILINE)
_UNORDERED = re.compile(r"^\s*[-*+]\s", re.MULTILINE)
_BOLD_STARS = re.compile(r"\*\*[^*\n]+\*\*")
_BOLD_LINES = re.compile(r"__[^_\n]+__")


@dataclass(frozen=True, slots=True)
class Markdown:
    """Counts over all answers of one side, outside of code blocks. `headers` has one count for each level, 1 to 6."""

    headers: tuple[int, ...]
    ordered: int
    unordered: int
    bold_stars: int
    bold_lines: int


@dataclass(frozen=True, slots=True)
class AnswerStyle:
    """The features that style control compares, over all answers of one side."""

    characters: int
    headers: int
    items: int
    bold: int


FEATURES = tuple(AnswerStyle.__dataclass_fields__)


def markdown_of(answers: Iterable[str]) -> Markdown:
    """Return the counts of Markdown in all answers of one side."""
    prose = _CODE.sub("", "\n".join(answers))
    levels = [len(marks) for marks in _HEADER.findall(prose)]
    return Markdown(
        headers=tuple(levels.count(level) for level in range(1, 7)),
        ordered=len(_ORDERED.findall(prose)),
        unordered=len(_UNORDERED.findall(prose)),
        bold_stars=len(_BOLD_STARS.findall(prose)),
        bold_lines=len(_BOLD_LINES.findall(prose)),
    )


def style_of(answers: Iterable[str]) -> AnswerStyle:
    """Return the features of all answers of one side."""
    texts = list(answers)
    counts = markdown_of(texts)
    return AnswerStyle(
        characters=len("\n".join(texts)),
        headers=sum(counts.headers),
        items=counts.ordered + counts.unordered,
        bold=counts.bold_stars + counts.bold_lines,
    )
