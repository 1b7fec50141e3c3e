"""`arena train --show RECIPE`: every value of a recipe, and what differs from the values that were published."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.recipe import RECIPES, ancestry, flat, load_recipe


def show(name: str | Path, *, changes: Sequence[str] = ()) -> str:
    """Return the recipe's values, one on each line, with the published value beside where it differs."""
    recipe, differing = load_recipe(name, changes=changes), differences(name, changes=changes)
    values = recipe.values()
    keys = list({**values, **differing})
    width = max(map(len, keys))
    lines = [f"{key:<{width}}  {_text(values.get(key))}{_beside(differing, key)}" for key in keys]
    count = f"{len(differing)} differ from what was published" if differing else "as published"
    return "\n".join([f"{recipe.name}: {count}", *lines])


def differences(name: str | Path, *, changes: Sequence[str] = ()) -> dict[str, Any]:
    """Return the published value of each key whose value in the recipe differs, by dotted key.

    The published values are those of the nearest recipe that ships: the recipe itself, or the first that it extends.
    Where that recipe states in its table `published` that it departs from a publication, the stated value holds.
    """
    chain = list(ancestry(name))
    differing: dict[str, Any] = {}
    if shipped := next((path for path, _ in chain if path.parent == RECIPES), None):
        mine, theirs = load_recipe(name, changes=changes).values(), load_recipe(shipped).values()
        differing = {key: theirs.get(key) for key in {**theirs, **mine} if mine.get(key) != theirs.get(key)}
        differing.pop("name", None)
    for _, document in reversed(chain):
        differing |= flat(document["published"])
    return differing


def _beside(differing: dict[str, Any], key: str) -> str:
    return f"   (published: {_text(differing[key])})" if key in differing else ""


def _text(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)
