"""Forbidden prompts: training refuses data that hold what campaigns compare on."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from generation.candidates.forbidden import ForbiddenFound, find_forbidden, forbidden_sets
from generation.dataset import read_jsonl
from training.errors import TrainingError
from training.recipe import TrainingRecipe


def check_forbidden(recipe: TrainingRecipe, folder: Path, *, allowed: bool) -> ForbiddenFound | None:
    """Return what was found in a recipe's data, or None where nothing is forbidden.

    Args:
        recipe: names the data.
        folder: holds the forbidden prompt sets.
        allowed: go on all the same.

    Raises:
        BadInput: a data file or a prompt set cannot be read.
        TrainingError: rows hold forbidden prompts, and that was not allowed.
    """
    if not (sets := forbidden_sets(folder)):
        return None
    found = find_forbidden((row for name in recipe.data for row in _rows(Path(name))), sets)
    if found.overlaps and not allowed:
        first = ", ".join(map(str, list(found.overlaps)[:5]))
        raise TrainingError(
            f"{found.sentence()}; the first are rows {first}.",
            hint=f"arena generate decontaminate {recipe.data[0]} --against {folder}/*.jsonl --drop OUT leaves them "
            "out; --allow-forbidden trains on them all the same.",
        )
    return found


def _rows(path: Path) -> Iterator[Mapping[str, Any] | str]:
    if path.suffix in {".json", ".jsonl"}:
        yield from read_jsonl(path)
    elif path.is_file():
        yield from path.read_text("utf-8", errors="replace").split("\n\n")
