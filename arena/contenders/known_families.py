"""Families of language models that people know: their makers, and what both are called (known_families.toml)."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class KnownFamily:
    """A family of language models.

    Attributes:
        name: what the family is called.
        organisation: who makes it.
        models: beginnings of the names of its models.
        aliases: other names of the family, also in other scripts.
        makers: other names of the organisation.
        words: those of its names that are ordinary words too, and names only with a capital.
        maker_words: those of the organisation's.
    """

    name: str
    organisation: str
    models: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    makers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    maker_words: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names of the family."""
        return (self.name, *self.aliases)

    @property
    def maker_names(self) -> tuple[str, ...]:
        """All names of the organisation."""
        return (self.organisation, *self.makers)

    @property
    def ordinary_words(self) -> frozenset[str]:
        """The names that count only where they begin with a capital."""
        return frozenset((*self.words, *self.maker_words))


@cache
def known_families() -> tuple[KnownFamily, ...]:
    """Return all families, in the order of the table."""
    table = tomllib.loads((files("arena.contenders") / "known_families.toml").read_text("utf-8"))
    return tuple(map(_family, table["family"]))


def _family(row: Mapping[str, Any]) -> KnownFamily:
    lists = {key: tuple(value) for key, value in row.items() if isinstance(value, list)}
    return KnownFamily(name=row["name"], organisation=row["organisation"], **lists)


def family_of_model(model: str) -> KnownFamily | None:
    """Return the family of a model by its name at an endpoint, such as `meta-llama/Llama-3.2-1B`; None if unknown.

    The name may be a path, of which the last part counts, and may begin with words of others, as `my-qwen-tune` does.
    """
    name = model.casefold().rstrip("/").rsplit("/", 1)[-1]
    for family in known_families():
        if any(name.startswith(begin) for begin in family.models if _is_whole(name, begin)):
            return family
    parts = re.split(r"[-_.:\s]+", name)
    return next(
        (family for family in known_families() for begin in family.models if len(begin) > 3 and begin in parts), None
    )


def _is_whole(name: str, begin: str) -> bool:
    """Return whether `begin` is not the beginning of another word: `phi` is none of `philosopher`."""
    rest = name[len(begin) :]
    return not begin[-1].isalpha() or not rest[:1].isalpha() or len(begin) > 5


def family_called(name: str) -> KnownFamily | None:
    """Return the family that has this name or alias, whatever its case; None if unknown."""
    folded = name.strip().casefold()
    return next((one for one in known_families() if folded in {alias.casefold() for alias in one.names}), None)


def with_identity(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a contender's table with family, organisation and aliases, where they are missing and its model is known.

    So a reply in which the contender introduces itself is recognised although nobody typed these in.
    """
    named = [str(table.get(key) or "") for key in ("model", "label", "slug", "folder")]
    family = next((found for name in named if name and (found := family_of_model(name))), None)
    if family is None:
        return dict(table)
    facts = {"family": family.name, "organisation": family.organisation, "aliases": list(family.aliases)}
    return facts | {key: value for key, value in table.items() if value or key not in facts}
