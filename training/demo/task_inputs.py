"""Task inputs: the words, numbers and facts that the demo's tasks are about, drawn from a seed.

Training and measurement never share an input. Words are invented for training and real in measurement, and one pair of
numbers in ten is held out. Only facts are the same in both, because a fact that was never seen cannot be known.
"""

import random
import string
import tomllib
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Language = Literal["en", "ko"]
Split = Literal["trained", "held_out"]
Dice = random.Random

CONSONANTS, VOWELS = "bcdfghjklmnpqrstvwxyz", "aeiou"
LETTERS = range(3, 7)  # in an invented English word
SYLLABLES = range(2, 4)  # in an invented Korean word
WORDS = range(2, 5)
SMALLEST_NUMBER, LARGEST_NUMBER = 10, 99
LARGEST_TERM = 20
# The syllables that Korean words are invented from, beside those of the real ones.
MORE_SYLLABLES = (
    "가거고구기나너노다도라리마머모무미바보부비사서소수시아어오우이자저조주지차초코크타토파포피하호"
    "강광동문산성송원인장정천청한"
)


def word(language: Language, content: Split, dice: Dice) -> str:
    """Return one word for a task about letters: invented for training, real for measurement."""
    if content == "held_out":
        return dice.choice(real_words(language))
    while True:
        invented = _invented_english(dice) if language == "en" else _invented_korean(dice)
        if invented not in real_words(language):
            return invented


def words(language: Language, content: Split, dice: Dice) -> list[str]:
    """Return two to four words."""
    return [word(language, content, dice) for _ in range(dice.choice(WORDS))]


def numbers(content: Split, dice: Dice) -> list[int]:
    """Return three different numbers."""
    while True:
        drawn = dice.sample(range(SMALLEST_NUMBER, LARGEST_NUMBER + 1), 3)
        if _is_held_out(sorted(drawn)) == (content == "held_out"):
            return drawn


def terms(content: Split, dice: Dice) -> tuple[int, int]:
    """Return two numbers from 0 to 20, for a sum or a difference."""
    while True:
        pair = dice.randint(0, LARGEST_TERM), dice.randint(0, LARGEST_TERM)
        if _is_held_out(pair) == (content == "held_out"):
            return pair


def facts(language: Language, kind: str) -> Mapping[str, str]:
    """Return the facts of a kind: for "country" its capital, for "quality" its opposite, in both directions."""
    known: dict[str, str] = _facts()[language][kind]
    return known | {opposite: quality for quality, opposite in known.items()} if kind == "quality" else known


@cache
def real_words(language: Language) -> Sequence[str]:
    """Return the words that are used in measurement only."""
    text: str = _toml("held_out_words.toml")[language]
    return tuple(text.split())


@cache
def syllables() -> Sequence[str]:
    """Return the Korean syllables from which words are invented."""
    return tuple(sorted({*MORE_SYLLABLES, *"".join(real_words("ko"))}))


def _invented_english(dice: Dice) -> str:
    length = dice.choice(LETTERS)
    if dice.random() < 0.3:
        return "".join(dice.choices(string.ascii_lowercase, k=length))
    starts_with_vowel = dice.random() < 0.3
    return "".join(dice.choice(VOWELS if (place + starts_with_vowel) % 2 else CONSONANTS) for place in range(length))


def _invented_korean(dice: Dice) -> str:
    return "".join(dice.choices(syllables(), k=dice.choice(SYLLABLES)))


def _is_held_out(numbers: Sequence[int]) -> bool:
    # One in ten, by a checksum that is the same in every process, unlike `hash`.
    return zlib.crc32(repr(tuple(numbers)).encode()) % 10 == 0


@cache
def _facts() -> Mapping[str, Any]:
    return _toml("facts.toml")


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((files("training.demo") / name).read_text("utf-8"))
