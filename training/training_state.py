"""The training states of a run: what a killed run needs in order to resume as if it had never stopped.

A state is a folder `step-N` with the sharded weights and the optimizers' states, in the format of torch's distributed
checkpoints (DCP). It is renamed into place when it is complete, so half a state is never found. Nothing else has to be
saved, because everything else follows from the step's number: the plan gives the position in the data, the schedule
gives the learning rate, and each step seeds its own random numbers. The same number of ranks resumes to the same last
digit; another number of ranks reads the same shards.
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

# The frozen weights under an adapter are those of the base, which is on disk already.
_OPTIONS = StateDictOptions(ignore_frozen_params=True, strict=False)


@dataclass(frozen=True, slots=True)
class TrainingStates:
    """The saved states of one run, in the folder `path`; the newest `keep` of them are kept."""

    path: Path
    keep: int

    def steps(self) -> list[int]:
        """Return the numbers of the steps after which a complete state was saved, in order."""
        return sorted(int(folder.name.removeprefix("step-")) for folder in self.path.glob("step-*"))

    def save(self, step: int, weights: Any, optimizers: Sequence[Optimizer], ranks: Ranks) -> None:
        """Save the state after `step` steps, and delete the states that are no longer kept. All ranks call this."""
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
        """Put the state after `step` steps into `weights` and `optimizers`. All ranks call this."""
        state = _state(weights, optimizers)
        # DCP fills `state` in place; each rank reads its own shards only.
        dcp.load(state, checkpoint_id=self.path / f"step-{step}")
        parts = {"model_state_dict": state["weights"], "optim_state_dict": state["optimizers"]}
        set_state_dict(weights, list(optimizers), **parts, options=_OPTIONS)


def _state(weights: Any, optimizers: Sequence[Optimizer]) -> dict[str, Any]:
    of_weights, of_optimizers = get_state_dict(weights, list(optimizers), options=_OPTIONS)
    return {"weights": of_weights, "optimizers": of_optimizers}
