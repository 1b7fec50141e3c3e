"""Objectives: what a run is trained on, cut into items that can be packed, and the loss over these items.

`Imitation` is supervised fine-tuning (SFT), on conversations or plain text. `preferences` has the other objective.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch

from training.errors import TrainingError
from training.examples import Reading, TokenizedExample
from training.ranks import Ranks
from training.rows import flat_row


class Objective(ABC):
    """The items of a run and their loss. The examples of one item always go through the same forward pass.

    Args:
        items: the items to train on, each a list of examples; a step names them by their numbers, from 0.
        held_out: items that are measured at the end and never trained on.
        counts: how many rows, examples and tokens were read, cut off and left out; goes into the run's record.
    """

    def __init__(
        self,
        items: Sequence[Sequence[TokenizedExample]],
        held_out: Sequence[Sequence[TokenizedExample]],
        counts: Mapping[str, int],
    ) -> None:
        self.items, self.held_out, self.counts = items, held_out, counts

    @property
    def lengths(self) -> list[int]:
        """Tokens of each item."""
        return [sum(len(example.ids) for example in item) for item in self.items]

    def examples(self, numbers: Sequence[int]) -> list[TokenizedExample]:
        """Return the examples of the items with these numbers, in order."""
        return [example for number in numbers for example in self.items[number]]

    def shortest(self) -> TokenizedExample:
        """Return the shortest example, with which the preflight rehearses a step."""
        return min((example for item in self.items for example in item), key=lambda example: len(example.ids))

    def begin(self, weights: Any, ranks: Ranks) -> None:  # noqa: B027 (most need nothing)
        """Measure the weights before the first step, where the loss needs such figures. All ranks call this."""

    @abstractmethod
    def weight(self, numbers: Sequence[int]) -> int:
        """Return what the summed loss of these items has to be divided by: their learned tokens, or pairs."""

    @abstractmethod
    def loss(self, token_losses: torch.Tensor, numbers: Sequence[int]) -> torch.Tensor:
        """Return the summed loss of these items.

        Args:
            token_losses: the cross-entropy of each of their learned tokens, [trained].
            numbers: which items.
        """

    @abstractmethod
    def verdict(self, weights: Any, ranks: Ranks) -> dict[str, float]:
        """Return figures of the trained weights by name, measured on the held-out items. All ranks call this."""


class Imitation(Objective):
    """Supervised fine-tuning: the cross-entropy of the learned tokens. Each example is an item.

    Args:
        reading: the examples.
        held_out: how many of the last examples are measured only. They are the last so that the order in which the
            others are trained does not depend on their number.

    Raises:
        TrainingError: no example would be left to train on.
    """

    def __init__(self, reading: Reading, *, held_out: int) -> None:
        items = [[example] for example in reading.examples]
        at = len(items) - held_out
        if at < 1:
            raise TrainingError(f"held_out is {held_out}, and there are {len(items)} examples.")
        super().__init__(items[:at], items[at:], reading.counts())

    def weight(self, numbers: Sequence[int]) -> int:
        """Return the number of learned tokens of these examples."""
        return sum(example.num_trained for example in self.examples(numbers))

    def loss(self, token_losses: torch.Tensor, numbers: Sequence[int]) -> torch.Tensor:  # noqa: ARG002
        """Return the sum of the tokens' losses."""
        return token_losses.sum()

    def verdict(self, weights: Any, ranks: Ranks) -> dict[str, float]:
        """Return `held_out_loss`, the mean loss of the held-out tokens in nats; nothing where none are held out."""
        if not self.held_out:
            return {}
        weights.eval()
        with torch.no_grad():
            # Every rank computes all of them, because gathering sharded weights needs every rank to take part.
            losses = torch.cat([flat_row(item, device=ranks.device).token_losses(weights) for item in self.held_out])
        return {"held_out_loss": float(losses.mean())}
