"""One optimizer step: the passes of all ranks give one loss and one gradient.

The weights change only if both are finite.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.optim import Optimizer

from training.errors import NotFinite, OutOfMemory
from training.objective import Objective
from training.packing import Step
from training.ranks import Ranks
from training.recipe import TrainingRecipe
from training.rows import flat_row


@dataclass(frozen=True, slots=True)
class StepResult:
    """The figures of one step, over all ranks.

    Attributes:
        loss: summed over the step's items and divided by the objective's `weight` of them.
        grad_norm: the norm of the gradient before clipping.
        tokens: how many tokens the step's examples have; none of them is padding.
        trained_tokens: how many of these are learned.
        computed: positions that went through the layers. Fewer than `tokens` where examples share their beginning.
    """

    loss: float
    grad_norm: float
    tokens: int
    trained_tokens: int
    computed: int


def train_step(
    weights: Any, optimizers: Sequence[Optimizer], objective: Objective, step: Step, ranks: Ranks, *, clip: float
) -> StepResult:
    """Take one optimizer step over all ranks and passes. All ranks call this.

    Args:
        weights: the language model, sharded or not; its weights are changed.
        optimizers: those of `make_optimizers`, at the learning rate of this step.
        objective: has the examples and the loss.
        step: which examples go through which pass of which rank.
        ranks: this process among the others.
        clip: the largest norm of the gradient; a larger gradient is scaled down to it.

    Raises:
        NotFinite: a loss or the gradient is infinite or not a number. The weights are unchanged.
    """
    weights.train()
    weight = objective.weight(step.examples)
    losses = torch.zeros(ranks.world, len(step.passes[0]), device=ranks.device)
    computed = torch.zeros(1, dtype=torch.long, device=ranks.device)
    for at, numbers in enumerate(step.passes[ranks.rank]):
        # Sharded weights need every rank in every pass. A rank without an example computes one whose loss counts zero.
        used = numbers or step.examples[:1]
        row = flat_row(objective.examples(used), device=ranks.device)
        loss = objective.loss(row.token_losses(weights), used) * bool(numbers) / weight
        loss.backward()
        losses[ranks.rank, at] = loss.detach()
        computed += row.input_ids.numel()
    ranks.total(losses)
    ranks.total(computed)
    norm = torch.nn.utils.clip_grad_norm_(weights.parameters(), clip)
    norm = norm.full_tensor() if hasattr(norm, "full_tensor") else norm
    _check_finite(losses, norm, objective, step)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad()
    examples = objective.examples(step.examples)
    return StepResult(
        loss=float(losses.sum()),
        grad_norm=float(norm),
        tokens=sum(len(example.ids) for example in examples),
        trained_tokens=sum(example.num_trained for example in examples),
        computed=int(computed),
    )


@contextmanager
def memory_explained(recipe: TrainingRecipe) -> Iterator[None]:
    """Turn torch's error for a full device into one that says what to change in the recipe.

    Raises:
        OutOfMemory: the device ran out of memory within the block.
    """
    try:
        yield
    except RuntimeError as error:
        if not (isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error)):
            raise
        wishes = [f"lower batch.tokens_per_pass (now {recipe.batch.tokens_per_pass})"]
        wishes += [] if recipe.activation_checkpointing else ["set activation_checkpointing=true"]
        wishes += [] if recipe.adapter else ["train an adapter (alpaca_lora_7b)"]
        raise OutOfMemory(
            "The device has no memory left.", hint=f"{', or '.join(wishes)}, or use more ranks; then --resume."
        ) from error


def _check_finite(losses: torch.Tensor, norm: torch.Tensor, objective: Objective, step: Step) -> None:
    if losses.isfinite().all() and norm.isfinite():
        return
    guilty = [
        number
        for rank, passes in enumerate(step.passes)
        for at, numbers in enumerate(passes)
        if not losses[rank, at].isfinite()
        for number in numbers
    ]
    what = "The loss" if guilty else "The gradient"
    places = ", ".join(example.place for example in objective.examples((guilty or step.examples)[:20]))
    raise NotFinite(
        f"{what} is not finite on these examples: {places}. The weights are as they were before this step.",
        hint="Look at these rows; if they are sound, lower optimizer.lr or use dtype=float32.",
    )
