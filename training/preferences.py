"""Preferences: the objective that learns which of two replies is better (DPO, Rafailov et al. 2023, arXiv:2305.18290).

Below, *parent* is the checkpoint that the run begins with (DPO's reference policy), and *child* is what it becomes.

Votes teach taste, not arithmetic, and training on them for too long costs knowledge (measured: benchmarks/RESULTS.md).
The loss therefore has a term for the chosen reply itself. A child that does not prefer the chosen replies of held-out
pairs more than its parent did is not exported.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch.nn.functional import logsigmoid

from generation.dataset import Row, bad_rows, read_jsonl
from generation.prompts import PromptFormat, prompt_format
from generation.splits import is_held_out
from training.errors import TrainingError
from training.examples import Reading, TokenizedExample
from training.objective import Objective
from training.packing import best_fit
from training.ranks import Ranks
from training.recipe import Preference, TrainingRecipe
from training.rows import flat_row


class Pair(NamedTuple):
    """Two replies to the same conversation, one of which was voted for. Only their tokens are learned."""

    chosen: TokenizedExample
    rejected: TokenizedExample


@dataclass
class PairReading:
    """The pairs of a recipe's data.

    Attributes:
        pairs: to train on.
        held_out: to measure on.
        too_long: the places of rows with a reply beyond `max_length`.
        identical: the places of rows whose two replies are the same.
    """

    pairs: list[Pair] = field(default_factory=list)
    held_out: list[Pair] = field(default_factory=list)
    too_long: list[str] = field(default_factory=list)
    identical: list[str] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Return the numbers of pairs and left-out rows, and of the tokens in the pairs to train on."""
        counts = Reading([example for pair in self.pairs for example in pair]).counts()
        counts |= {"examples": len(self.pairs), "held_out": len(self.held_out)}
        return counts | {"too_long": len(self.too_long), "identical": len(self.identical)}


def read_pairs(recipe: TrainingRecipe, tokenizer: Any) -> PairReading:
    """Return the pairs of a recipe's data: JSONL with `prompt`, `chosen`, `rejected`, each text or a list of messages.

    A row whose `split` is "test" is held out. Of the rows without `split`, the hash of the prompt decides which are
    held out; their share is the recipe's. A pair with a reply beyond `max_length` is left out, because replies that
    were cut off cannot be compared.

    Raises:
        BadInput: rows are faulty; names every faulty row.
        TrainingError: no pair is left to train on, or none to measure on.
    """
    reading = PairReading()
    for path in map(Path, recipe.data):
        rows = read_jsonl(path)
        if faults := [f"row {number}: {fault}" for number, row in enumerate(rows, 1) if (fault := _fault(row))]:
            raise bad_rows(path, faults, of=len(rows), hint="`arena votes export --format preference` writes them.")
        for number, row in enumerate(rows, 1):
            pair = _pair(row, f"{path.name} row {number}", prompt_format(recipe.format), tokenizer)
            if pair.chosen.ids == pair.rejected.ids:
                reading.identical.append(pair.chosen.place)
            elif max(len(example.ids) for example in pair) > recipe.max_length:
                reading.too_long.append(pair.chosen.place)
            elif _is_held_out(row, share=recipe.preference.held_out):
                reading.held_out.append(pair)
            else:
                reading.pairs.append(pair)
    if not (reading.pairs and reading.held_out):
        raise TrainingError(
            f"{len(reading.pairs)} pairs to train on and {len(reading.held_out)} to measure on; both are needed.",
            hint="Collect more votes, or raise preference.held_out.",
        )
    return reading


class Preferences(Objective):
    """DPO on pairs; each pair is an item. Call `begin` before `loss`.

    Args:
        reading: the pairs to train on and those to measure on.
        settings: the recipe's numbers for the loss.
        tokens_per_pass: the most tokens of one forward pass when the parent and the child are measured.
    """

    def __init__(self, reading: PairReading, settings: Preference, *, tokens_per_pass: int) -> None:
        super().__init__(reading.pairs, reading.held_out, reading.counts())
        self._settings, self._tokens_per_pass = settings, tokens_per_pass
        # The parent's log-probabilities of the chosen and the rejected replies [pairs, 2]; filled by `begin`.
        self._reference = self._reference_held_out = torch.empty(0, 2)

    def begin(self, weights: Any, ranks: Ranks) -> None:
        """Measure the parent, the weights before the first step, so that it need not stay in memory."""
        self._reference = self._measure(weights, self.items, ranks)
        self._reference_held_out = self._measure(weights, self.held_out, ranks)

    def weight(self, numbers: Sequence[int]) -> int:
        """Return the number of pairs."""
        return len(numbers)

    def loss(self, token_losses: torch.Tensor, numbers: Sequence[int]) -> torch.Tensor:
        """Return the summed loss: DPO's eq. 7 with smoothed labels, plus the chosen reply's loss per token."""
        settings, examples = self._settings, self.examples(numbers)
        child = _log_probabilities(token_losses, examples)
        gained = child - self._reference[list(numbers)].to(child)
        margin = settings.beta * (gained[:, 0] - gained[:, 1])
        smoothing = settings.label_smoothing
        losses = -(1 - smoothing) * logsigmoid(margin) - smoothing * logsigmoid(-margin)
        lengths = child.new_tensor([chosen.num_trained for chosen in examples[::2]])
        return (losses - settings.sft * child[:, 0] / lengths).sum()

    def verdict(self, weights: Any, ranks: Ranks) -> dict[str, float]:
        """Return the share of held-out pairs in which the child prefers the chosen reply more than its parent did.

        Raises:
            TrainingError: the share is one half or less.
        """
        gained = self._measure(weights, self.held_out, ranks) - self._reference_held_out
        accuracy = float((gained[:, 0] > gained[:, 1]).float().mean())
        if accuracy <= 0.5:
            raise TrainingError(
                f"The child prefers the chosen reply more than its parent did in only {accuracy:.1%} of "
                f"{len(self.held_out)} held-out pairs. Nothing was exported.",
                hint="Collect more votes, or change optimizer.lr or preference.beta.",
            )
        return {"held_out_accuracy": accuracy, "held_out_pairs": len(self.held_out)}

    def _measure(self, weights: Any, pairs: Sequence[Sequence[TokenizedExample]], ranks: Ranks) -> torch.Tensor:
        """Return the log-probabilities of the replies of all pairs [pairs, 2]; the ranks share the work."""
        weights.eval()
        lengths = [sum(len(example.ids) for example in pair) for pair in pairs]
        rows = best_fit(range(len(pairs)), lengths, capacity=self._tokens_per_pass)
        measured = torch.zeros(len(pairs), 2, device=ranks.device)
        with torch.no_grad():
            for start in range(0, len(rows), ranks.world):
                # Sharded weights need every rank in every pass. A rank without a row computes the first, uncounted.
                mine = rows[start + ranks.rank] if start + ranks.rank < len(rows) else None
                examples = [example for number in mine or rows[0] for example in pairs[number]]
                found = _log_probabilities(flat_row(examples, device=ranks.device).token_losses(weights), examples)
                if mine:
                    measured[mine] = found
        return ranks.total(measured)


def _log_probabilities(token_losses: torch.Tensor, examples: Sequence[TokenizedExample]) -> torch.Tensor:
    """Return the log-probabilities of the chosen and the rejected replies, [pairs, 2]."""
    parts = token_losses.split([example.num_trained for example in examples])
    return -torch.stack([part.sum() for part in parts]).view(-1, 2)


def _fault(row: Row) -> str | None:
    for key in ("prompt", "chosen", "rejected"):
        value = row.get(key)
        if isinstance(value, str) and value:
            continue
        if not (isinstance(value, list) and value and all(isinstance(one, dict) and "content" in one for one in value)):
            return f"`{key}` must be text or a list of messages"
    return None


def _pair(row: Row, place: str, shape: PromptFormat, tokenizer: Any) -> Pair:
    prompt = _messages(row["prompt"], "user")
    begun = len(shape.encode(tokenizer, prompt, add_generation_prompt=True).ids)

    def example(reply: Any) -> TokenizedExample:
        encoded = shape.encode(tokenizer, [*prompt, *_messages(reply, "assistant")])
        # Replies of earlier turns belong to the prompt: they are the same for both.
        trained = [flag and at >= begun for at, flag in enumerate(encoded.trained)]
        return TokenizedExample(encoded.ids, trained, place)

    return Pair(example(row["chosen"]), example(row["rejected"]))


def _is_held_out(row: Row, *, share: float) -> bool:
    if split := row.get("split"):
        return bool(split == "test")
    opening = next(message for message in _messages(row["prompt"], "user") if message.get("role") != "system")
    return is_held_out(opening["content"], share=share)


def _messages(value: Any, role: str) -> list[dict[str, Any]]:
    return [{"role": role, "content": value}] if isinstance(value, str) else list(value)
