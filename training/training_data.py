"""The data of a recipe, read as the objective that is trained on it."""

from typing import Any

from training.examples import read_examples
from training.objective import Imitation, Objective
from training.preferences import Preferences, read_pairs
from training.recipe import TrainingRecipe


def read_training_data(recipe: TrainingRecipe, tokenizer: Any) -> Objective:
    """Return the recipe's objective, with the examples to train on and those held out.

    Raises:
        BadInput: the data cannot be read or has nothing to learn.
        TrainingError: no example is left to train on, or no pair to measure on.
    """
    if recipe.objective != "preference":
        return Imitation(read_examples(recipe, tokenizer), held_out=recipe.held_out)
    pairs = read_pairs(recipe, tokenizer)
    return Preferences(pairs, recipe.preference, tokens_per_pass=recipe.batch.tokens_per_pass)
