"""Objectives: what a run learns, as examples that can be packed and a loss over them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch

from generation.prompts import prompt_format
from training.errors import TrainingError
from training.examples import Example, read_examples
from training.imitation import Imitation
from training.preferences import Preferences, read_pairs
from training.ranks import Ranks
from training.recipe import Recipe


class Objective(Protocol):
    """What is learned: examples that can be packed, and their loss."""

    @property
    def lengths(self) -> list[int]:
        """Tokens of each example."""
        ...

    @property
    def shortest(self) -> Example:
        """The example to rehearse with."""
        ...

    def place(self, number: int) -> str:
        """Return where an example comes from."""
        ...

    def weight(self, numbers: Sequence[int]) -> int:
        """Return what the summed loss of these examples is to be divided by."""
        ...

    def begin(self, weights: Any, ranks: Ranks) -> None:
        """Measure what has to be known of the weights before the first step."""
        ...

    def loss(self, weights: Any, numbers: Sequence[int], ranks: Ranks) -> torch.Tensor:
        """Return the summed loss of these examples."""
        ...

    def verdict(self, weights: Any, ranks: Ranks) -> dict[str, float]:
        """Return what is to be said of the trained weights, measured on what was held out."""
        ...


@dataclass(frozen=True, slots=True)
class Material:
    """What a recipe learns from: the objective with its examples, and what became of the rows."""

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
    at = len(reading.examples) - recipe.held_out
    if at < 1:
        raise TrainingError(f"held_out is {recipe.held_out}, and there are {len(reading.examples)} examples.")
    return Material(Imitation(reading.examples[:at], reading.examples[at:]), reading.counts())
