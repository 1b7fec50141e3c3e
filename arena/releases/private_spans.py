"""Private spans: places in a text that may tell who somebody is. A text in which one is found is not released."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class PrivateKind(StrEnum):
    """What a span seems to be."""

    EMAIL = "e-mail"
    PHONE = "phone"
    CARD = "card"
    RESIDENT_NUMBER = "resident number"
    ADDRESS = "address"
    IP = "ip"
    NAME = "name"
    OTHER = "other"  # accounts, passports, keys


@dataclass(frozen=True, slots=True)
class PrivateSpan:
    """A piece of a text, from `start` to before `end`."""

    start: int
    end: int
    kind: PrivateKind

    def touches(self, start: int, end: int) -> bool:
        """Return whether the span shares a character with the piece from `start` to before `end`."""
        return self.start < end and start < self.end


class PrivateDetector(Protocol):
    """Finds what may tell who somebody is."""

    name: str

    def find(self, text: str) -> list[PrivateSpan]:
        """Return all spans that it suspects, in any order."""
        ...


def plain(text: str) -> str:
    """Return a text of the same length in which wide letters, odd dashes and blanks are the usual ones."""
    return "".join(map(_plain_letter, text))


def _plain_letter(letter: str) -> str:
    if letter.isascii():
        return letter
    usual = unicodedata.normalize("NFKC", letter)
    if len(usual) != 1:
        return letter
    category = unicodedata.category(usual)
    if category == "Pd" or usual == "−":
        return "-"
    if category == "Zs" or category == "Cf":
        return " "
    return str(unicodedata.digit(usual)) if category == "Nd" else usual
