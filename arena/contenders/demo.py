"""The demo: contenders that ship with the arena, and prompts that they can answer.

An arena without a contenders file starts with them (`demo_contenders.toml`). While no other contender is active, the
battle page describes them and offers these prompts (`demo_prompts.toml`).
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
    """Texts for a voter who meets only the demo's contenders.

    Attributes:
        about: a description of the contenders that names none.
        prompts: prompts that they can answer.
    """

    about: str
    prompts: Sequence[str]


def demo_contenders() -> Sequence[ContenderEntry]:
    """Return the contenders with which an arena without a contenders file starts."""
    return read_contenders(Path(str(files("arena.contenders") / "demo_contenders.toml")))


def suggestions_for(active: Collection[str]) -> Suggestions | None:
    """Return the suggestions if all these active contenders are the demo's, else None."""
    return _suggestions() if active and _slugs().issuperset(active) else None


@cache
def _slugs() -> frozenset[str]:
    return frozenset(entry.slug for entry in demo_contenders())


@cache
def _suggestions() -> Suggestions:
    return Suggestions(**tomllib.loads((files("arena.contenders") / "demo_prompts.toml").read_text("utf-8")))
