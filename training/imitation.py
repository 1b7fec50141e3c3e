"""Imitation: the objective that learns to write what the examples write, token by token (SFT, and plain text)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from training.attention import flat_row
from training.examples import Example
from training.ranks import Ranks


@dataclass(frozen=True, slots=True)
class Imitation:
    """Cross-entropy of the learned tokens of `examples`; those `held_out` are only measured."""

    examples: Sequence[Example]
    held_out: Sequence[Example] = ()

    @property
    def lengths(self) -> list[int]:
        """Tokens of each example."""
        return [len(example.ids) for example in self.examples]

    @property
    def shortest(self) -> Example:
        """The example to rehearse with."""
        return min(self.examples, key=lambda example: len(example.ids))

    def place(self, number: int) -> str:
        """Return where an example comes from."""
        return self.examples[number].place

    def weight(self, numbers: Sequence[int]) -> int:
        """Return what the summed loss of these examples is to be divided by: their learned tokens."""
        return sum(self.examples[number].num_trained for number in numbers)

    def begin(self, weights: Any, ranks: Ranks) -> None:
        """Nothing has to be measured before the first step."""

    def loss(self, weights: Any, numbers: Sequence[int], ranks: Ranks) -> torch.Tensor:
        """Return the summed loss of these examples, in one flat row."""
        return summed_loss(weights, [self.examples[number] for number in numbers], ranks)

    def verdict(self, weights: Any, ranks: Ranks) -> dict[str, float]:
        """Return what is to be said of the trained weights: the mean loss on the examples held out."""
        if not self.held_out:
            return {}
        weights.eval()
        with torch.no_grad():
            # Every rank goes through all of them: gathering sharded weights takes all ranks.
            losses = [float(summed_loss(weights, [example], ranks)) for example in self.held_out]
        return {"held_out_loss": sum(losses) / sum(example.num_trained for example in self.held_out)}


def summed_loss(weights: Any, examples: Sequence[Example], ranks: Ranks) -> torch.Tensor:
    """Return the loss of the learned tokens of `examples`, summed; the head only runs where something is learned."""
    row = flat_row([(example.ids, example.trained) for example in examples], device=ranks.device)
    logits = weights(**row.inputs()).logits[0]  # [trained, vocabulary]
    return cross_entropy(logits.float(), row.targets, reduction="sum")
