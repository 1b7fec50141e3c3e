"""`arena train --show RECIPE`: every value as resolved, and what differs from the recipe that was published."""

from collections.abc import Mapping

from training.recipe import LoadedRecipe


def show(loaded: LoadedRecipe) -> str:
    """Return the recipe's values, one a line, with the published value where there is another."""
    differences, values = loaded.differences(), loaded.recipe.values()
    keys = list({**values, **differences})
    width = max(map(len, keys))
    lines = [f"{key:<{width}}  {_text(values.get(key))}{_beside(differences, key)}" for key in keys]
    count = f"{len(differences)} differ from what was published" if differences else "as published"
    return "\n".join([f"{loaded.name}: {count}", *lines])


def _beside(differences: Mapping[str, object], key: str) -> str:
    return f"   (published: {_text(differences[key])})" if key in differences else ""


def _text(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    return "none" if value in (None, "") else str(value)
