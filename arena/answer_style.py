"""How an answer looks, apart from what it says: its length and its Markdown. Style control compares the two sides."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_HEADER = re.compile(r"^ {0,3}#{1,6}\s", re.MULTILINE)
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,3}[.)])\s", re.MULTILINE)
_BOLD = re.compile(r"\*\*[^*\n]+\*\*|__[^_\n]+__")


@dataclass(frozen=True, slots=True)
class AnswerStyle:
    """Counts over all answers of one side. Markdown within code is code."""

    characters: int
    headers: int
    items: int
    bold: int


FEATURES = tuple(AnswerStyle.__dataclass_fields__)


def style_of(answers: Iterable[str]) -> AnswerStyle:
    """Return the counts of one side's answers together."""
    text = "\n".join(answers)
    prose = _CODE.sub("", text)
    return AnswerStyle(
        characters=len(text),
        headers=len(_HEADER.findall(prose)),
        items=len(_ITEM.findall(prose)),
        bold=len(_BOLD.findall(prose)),
    )
