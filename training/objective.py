"""Objectives: what a run learns, as items that can be packed and a loss over them.

The one here learns to write what the examples write (SFT, and plain text); `preferences` has the other.
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
    """Items, each of one or several examples that go through the same pass, and what is learned of them.

    Args:
        items: what is trained on, known by their numbers.
        held_out: what is only measured.
        counts: what became of the rows that they were read from.
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
        """Return the examples of some items, in order."""
        return [example for number in numbers for example in self.items[number]]

    def shortest(self) -> TokenizedExample:
        """Return the shortest of the examples, to rehearse with."""
        return min((example for item in self.items for example in item), key=lambda example: len(example.ids))

    def begin(self, weights: Any, ranks: Ranks) -> None:  # noqa: B027 (most need nothing)
        """Measure what has to be known of the weights before the first step."""

    @abstractmethod
    def weight(self, numbers: Sequence[int]) -> int:
        """Return what the summed loss of some items is to be divided by."""

    @abstractmethod
    def loss(self, token_losses: torch.Tensor, numbers: Sequence[int]) -> torch.Tensor:
        """Return the summed loss of some items, from that of their learned tokens, [trained]."""

    @abstractmethod
    def verdict(self, weights: Any, ranks: Ranks) -> dict[str, float]:
        """Return what is to be said of the trained weights, measured on what was held out."""


class Imitation(Objective):
    """The cross-entropy of learned tokens.

    Args:
        reading: what is learned.
        held_out: how many of the last examples are only measured; so the order of training does not depend on it.

    Raises:
        TrainingError: there are no more examples than that.
    """

    def __init__(self, reading: Reading, *, held_out: int) -> None:
        items = [[example] for example in reading.examples]
        at = len(items) - held_out
        if at < 1:
            raise TrainingError(f"held_out is {held_out}, and there are {len(items)} examples.")
        super().__init__(items[:at], items[at:], reading.counts())

    def weight(self, numbers: Sequence[int]) -> int:
        """Return the number of learned tokens."""
        return sum(example.num_trained for example in self.examples(numbers))

    def loss(self, token_losses: torch.Tensor, numbers: Sequence[int]) -> torch.Tensor:  # noqa: ARG002
        """Return the sum."""
        return token_losses.sum()

    def verdict(self, weights: Any, ranks: Ranks) -> dict[str, float]:
        """Return the mean loss of what was held out."""
        if not self.held_out:
            return {}
        weights.eval()
        with torch.no_grad():
            # Every rank goes through all of them: gathering sharded weights takes all ranks.
            losses = torch.cat([flat_row(item, device=ranks.device).token_losses(weights) for item in self.held_out])
        return {"held_out_loss": float(losses.mean())}
