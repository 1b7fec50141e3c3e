"""Optimizers, and the learning rate as a function of the step alone, so that nothing of it has to be saved."""

import math
from collections.abc import Iterable
from typing import Any

import torch

from training.recipe import Optimizer

MUON_FACTOR = 10  # Muon's steps have unit scale, so that its rate is an order above AdamW's


def make_optimizers(recipe: Optimizer, parameters: Iterable[torch.nn.Parameter]) -> list[torch.optim.Optimizer]:
    """Return the optimizers that move what can be trained, each at the highest rate that it will have."""
    trained = [one for one in parameters if one.requires_grad]
    matrices = [one for one in trained if recipe.name == "muon" and one.ndim == 2]
    rest = [one for one in trained if recipe.name != "muon" or one.ndim != 2]
    made: list[torch.optim.Optimizer] = []
    if matrices:
        made.append(_Muon(matrices, lr=recipe.lr * MUON_FACTOR, weight_decay=recipe.weight_decay))
    if rest:
        settings = {"lr": recipe.lr, "betas": recipe.betas, "eps": recipe.eps, "weight_decay": recipe.weight_decay}
        made.append(torch.optim.AdamW(rest, **settings, fused=True))
    return made


class _Muon(torch.optim.Muon):  # type: ignore[misc]  # torch.optim hides its type
    """Muon on one thread: on CPUs its many small products take four times as long when two share each."""

    def step(self, closure: Any = None) -> Any:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return super().step(closure)
        finally:
            torch.set_num_threads(threads)


def learning_rate(recipe: Optimizer, step: int, num_steps: int) -> float:
    """Return the rate of a step as a share of the highest; steps count from 0.

    It is that of `transformers.get_scheduler`, which the published recipes use.
    """
    warmup = recipe.warmup_steps if recipe.warmup_steps is not None else math.ceil(recipe.warmup * num_steps)
    if step < warmup:
        return step / max(1, warmup)
    done = (step - warmup) / max(1, num_steps - warmup)
    shapes = {"cosine": 0.5 * (1 + math.cos(math.pi * done)), "linear": 1 - done, "constant": 1.0}
    return shapes[recipe.schedule]


def set_learning_rate(optimizers: Iterable[torch.optim.Optimizer], share: float) -> None:
    """Set the rate of each optimizer to `share` of its highest."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = optimizer.defaults["lr"] * share
