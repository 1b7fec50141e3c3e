"""Optimizers, and the learning rate. The rate follows from the step's number alone, so no schedule has to be saved."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch

from training.recipe import Optimizer

MUON_FACTOR = 10  # Muon's updates have unit scale, so its rate has to be about ten times AdamW's


def make_optimizers(recipe: Optimizer, parameters: Iterable[torch.nn.Parameter]) -> list[torch.optim.Optimizer]:
    """Return the optimizers of all parameters that require a gradient, each at the highest rate of its schedule.

    With `recipe.name` "muon", matrices get Muon and all other parameters AdamW; otherwise all get AdamW.
    """
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
    """torch's Muon (Jordan et al. 2024), computed for all matrices of one size at once.

    One small matrix at a time would leave a CPU mostly waiting. The updates are those of `torch.optim.Muon`.
    """

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def step(self, closure: Any = None) -> None:  # noqa: ARG002
        """Update all matrices that have a gradient."""
        for group in self.param_groups:
            by_size: dict[torch.Size, list[torch.nn.Parameter]] = {}
            for matrix in group["params"]:
                if matrix.grad is not None:
                    by_size.setdefault(matrix.shape, []).append(matrix)
            for (rows, columns), matrices in by_size.items():
                updates = _orthogonal(torch.stack(self._updates(matrices, group["momentum"])), group)
                torch._foreach_mul_(matrices, 1 - group["lr"] * group["weight_decay"])
                rate = group["lr"] * math.sqrt(max(1, rows / columns))
                torch._foreach_add_(matrices, list(updates.to(matrices[0].dtype)), alpha=-rate)

    def _updates(self, matrices: Sequence[torch.nn.Parameter], momentum: float) -> Sequence[torch.Tensor]:
        """Return the gradients with Nesterov's momentum."""
        gradients = [matrix.grad for matrix in matrices]
        moments = [self.state[one].setdefault("momentum_buffer", torch.zeros_like(one)) for one in matrices]
        torch._foreach_lerp_(moments, gradients, 1 - momentum)
        updates: Sequence[torch.Tensor] = torch._foreach_lerp(gradients, moments, momentum)
        return updates


def _orthogonal(matrices: torch.Tensor, group: Mapping[str, Any]) -> torch.Tensor:
    """Return about the nearest orthogonal matrices, by Newton-Schulz steps in bf16 [matrices, rows, columns]."""
    tall = matrices.shape[-2] > matrices.shape[-1]
    wide = (matrices.mT if tall else matrices).bfloat16()
    wide = wide / wide.norm(dim=(-2, -1), keepdim=True).clamp(min=group["eps"])
    a, b, c = group["ns_coefficients"]
    for _ in range(group["ns_steps"]):
        gram = wide @ wide.mT
        wide = torch.baddbmm(wide, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), wide, beta=a)
    return wide.mT if tall else wide


def learning_rate(recipe: Optimizer, step: int, num_steps: int) -> float:
    """Return the learning rate of a step as a share of the highest rate; steps count from 0.

    The schedules equal those of `transformers.get_scheduler`, which the published recipes use.
    """
    warmup = recipe.warmup_steps if recipe.warmup_steps is not None else math.ceil(recipe.warmup * num_steps)
    if step < warmup:
        return step / max(1, warmup)
    done = (step - warmup) / max(1, num_steps - warmup)
    shapes = {"cosine": 0.5 * (1 + math.cos(math.pi * done)), "linear": 1 - done, "constant": 1.0}
    return shapes[recipe.schedule]


def set_learning_rate(optimizers: Iterable[torch.optim.Optimizer], share: float) -> None:
    """Set the rate of each optimizer to `share` of its highest rate."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = optimizer.defaults["lr"] * share
