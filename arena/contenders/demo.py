"""The demo: contenders that ship with the arena, and prompts that they can answer.

An arena without a contenders file begins with them (`demo_contenders.toml`). While nobody else is active, the battle
page says what they are and offers these prompts (`demo_prompts.toml`).
"""

import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from arena.contenders.file import read_contenders
from arena.contenders.schema import ContenderEntry


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What the page tells a voter who only meets the demo.

    Attributes:
        about: what the contenders are, without a name.
        prompts: what they can answer.
    """

    about: str
    prompts: Sequence[str]


def demo_contenders() -> Sequence[ContenderEntry]:
    """Return the contenders that an arena without a contenders file begins with."""
    return read_contenders(Path(str(files("arena.contenders") / "demo_contenders.toml")))


def suggestions_for(active: Collection[str]) -> Suggestions | None:
    """Return what to suggest while the contenders with these slugs are active: nothing if any is not the demo's."""
    return _suggestions() if active and _slugs().issuperset(active) else None


@cache
def _slugs() -> frozenset[str]:
    return frozenset(entry.slug for entry in demo_contenders())


@cache
def _suggestions() -> Suggestions:
    return Suggestions(**tomllib.loads((files("arena.contenders") / "demo_prompts.toml").read_text("utf-8")))
