"""Material: what a recipe learns from, read from its data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.prompts import prompt_format
from training.errors import TrainingError
from training.examples import read_examples
from training.objective import Imitation, Objective
from training.preferences import Preferences, read_pairs
from training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Material:
    """The objective with its examples, and what became of the rows."""

    objective: Objective
    counts: Mapping[str, int]


def read_material(recipe: Recipe, tokenizer: Any) -> Material:
    """Return what a recipe learns from.

    Raises:
        BadInput: the data cannot be read or has nothing to learn.
    """
    paths = [Path(name) for name in recipe.data]
    if recipe.objective == "preference":
        pairs = read_pairs(
            paths,
            shape=prompt_format(recipe.format),
            tokenizer=tokenizer,
            max_length=recipe.max_length,
            held_out=recipe.preference.held_out,
        )
        taught = Preferences(pairs.pairs, pairs.held_out, recipe.preference, recipe.batch.tokens_per_pass)
        return Material(taught, pairs.counts())
    reading = read_examples(
        paths,
        objective=recipe.objective,
        format=recipe.format,
        tokenizer=tokenizer,
        max_length=recipe.max_length,
    )
    # The last ones, so that the order of training does not depend on how many there are.
    items = [[example] for example in reading.examples]
    at = len(items) - recipe.held_out
    if at < 1:
        raise TrainingError(f"held_out is {recipe.held_out}, and there are {len(items)} examples.")
    return Material(Imitation(items[:at], items[at:]), reading.counts())
