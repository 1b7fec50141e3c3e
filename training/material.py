"""Material: what a recipe learns from, read from its data."""

from typing import Any

from training.examples import read_examples
from training.objective import Imitation, Objective
from training.preferences import Preferences, read_pairs
from training.recipe import Recipe


def read_material(recipe: Recipe, tokenizer: Any) -> Objective:
    """Return what a recipe is to learn, with its examples.

    Raises:
        BadInput: the data cannot be read or has nothing to learn.
        TrainingError: there is nothing to train on, or nothing to measure on.
    """
    if recipe.objective != "preference":
        return Imitation(read_examples(recipe, tokenizer), held_out=recipe.held_out)
    pairs = read_pairs(recipe, tokenizer)
    return Preferences(pairs, recipe.preference, tokens_per_pass=recipe.batch.tokens_per_pass)
