"""Checkpoints: everything that a killed run needs to go on as if nothing had happened.

Each is a folder `step-N`, which appears whole or not at all: sharded weights and optimizer states (DCP). All else is a
function of the step: the plan gives the data's position, the schedule the learning rate, and each step seeds its own
random numbers. The same ranks go on to the last digit; another number of them reads the same shards.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_state_dict, set_state_dict
from torch.optim import Optimizer

from training.ranks import Ranks

# A frozen base is on disk already.
_OPTIONS = StateDictOptions(ignore_frozen_params=True, strict=False)


@dataclass(frozen=True, slots=True)
class CheckpointFolder:
    """The checkpoints of one run, of which the newest `keep` stay."""

    path: Path
    keep: int

    def steps(self) -> list[int]:
        """Return the steps after which there is a whole checkpoint, in order."""
        return sorted(int(folder.name.removeprefix("step-")) for folder in self.path.glob("step-*"))

    def save(self, step: int, weights: Any, optimizers: Sequence[Optimizer], ranks: Ranks) -> None:
        """Write a checkpoint of the state after `step` steps."""
        unfinished, folder = self.path / f".step-{step}", self.path / f"step-{step}"
        if ranks.first:
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(parents=True)
        ranks.wait()
        dcp.save(_state(weights, optimizers), checkpoint_id=unfinished)
        if ranks.first:
            shutil.rmtree(folder, ignore_errors=True)
            unfinished.rename(folder)
            for old in self.steps()[: -self.keep]:
                shutil.rmtree(self.path / f"step-{old}")
        ranks.wait()

    def load(self, step: int, weights: Any, optimizers: Sequence[Optimizer]) -> None:
        """Put the state after `step` steps into `weights` and `optimizers`."""
        state = _state(weights, optimizers)
        # Filled in place: each rank reads the parts that are its own.
        dcp.load(state, checkpoint_id=self.path / f"step-{step}")
        parts = {"model_state_dict": state["weights"], "optim_state_dict": state["optimizers"]}
        set_state_dict(weights, list(optimizers), **parts, options=_OPTIONS)


def _state(weights: Any, optimizers: Sequence[Optimizer]) -> dict[str, Any]:
    of_weights, of_optimizers = get_state_dict(weights, list(optimizers), options=_OPTIONS)
    return {"weights": of_weights, "optimizers": of_optimizers}
