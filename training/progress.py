"""Progress: for each step a line for people and a JSON object for programs; at the end a plot of the loss."""

import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import torch

from training.optimizer_step import StepResult
from training.ranks import Ranks
from training.recipe import TrainingRecipe

Say = Callable[[str], None]
Track = Callable[[int, Mapping[str, float]], None]
# Dense bf16 operations per second, from the manufacturers' data sheets.
PEAK_FLOPS = {"A100": 312e12, "H100": 989e12, "H200": 989e12, "B200": 2250e12, "L40S": 362e12, "A10G": 70e12}


class TrainingProgress:
    """Logs each step to `log.jsonl`, prints a line about it and sends it to the trackers, on the first rank only.

    Args:
        folder: the run's folder. Steps in its log beyond `done` are deleted, because they are repeated.
        recipe: has the price per GPU-hour and the trackers.
        ranks: this process among the others; the cost counts all of them.
        done: how many steps were completed before a resumed run was stopped.
        num_steps: steps of the whole run.
        size: how many weights there are; gives the share of the device's peak speed (MFU), where that is known.
        say: called with each line.
    """

    def __init__(
        self, folder: Path, recipe: TrainingRecipe, ranks: Ranks, *, done: int, num_steps: int, size: int, say: Say
    ) -> None:
        self._path = folder / "log.jsonl" if ranks.first else Path(os.devnull)
        self._rows = read_log(self._path)[:done]
        self._num_steps, self._world, self._say = num_steps, ranks.world, say
        # 6 operations for each weight and position, forward and backward; attention adds little at these lengths.
        self._flops_per_position, self._price = 6.0 * size, recipe.price_per_gpu_hour
        self._earlier_s = self._rows[-1]["seconds"] if self._rows else 0.0
        self._began = self._last = time.monotonic()
        self._path.write_text("".join(json.dumps(row) + "\n" for row in self._rows))
        self._ending = ExitStack()
        self._file = self._ending.enter_context(self._path.open("a"))
        self._trackers = [_tracker(name, folder, self._ending) for name in recipe.trackers if ranks.first]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the log and the trackers, and plot the loss as `loss.svg`."""
        self._ending.close()
        if rows := read_log(self._path):
            self._path.with_name("loss.svg").write_text(loss_plot([row["loss"] for row in rows]))

    def tell(self, step: int, outcome: StepResult, *, lr: float) -> None:
        """Log, print and track one step; steps count from 1, and `lr` is its learning rate."""
        now = time.monotonic()
        took, self._last = now - self._last, now
        seconds = self._earlier_s + now - self._began
        row = {
            "step": step,
            "lr": lr,
            **asdict(outcome),
            "tokens_per_s": outcome.tokens / took,
            "mfu": self._mfu(outcome.computed / took),
            "memory_mb": _memory_mb(),
            "seconds": seconds,
            "eta_s": (now - self._began) / (step - len(self._rows)) * (self._num_steps - step),
            "cost_usd": seconds / 3600 * self._world * self._price,
        }
        self._file.write(json.dumps(row) + "\n")
        self._file.flush()
        self._say(_line(row, self._num_steps))
        for track in self._trackers:
            track(step, {name: value for name, value in row.items() if value is not None})

    def _mfu(self, positions_per_s: float) -> float | None:
        if not torch.cuda.is_available():
            return None
        name = torch.cuda.get_device_name()
        peak = next((flops for device, flops in PEAK_FLOPS.items() if device in name), None)
        return peak and positions_per_s * self._flops_per_position / (peak * self._world)


def read_log(path: Path) -> list[dict[str, Any]]:
    """Return the steps in a log. A last line that a killed run left half written is ignored."""
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def loss_plot(losses: Sequence[float]) -> str:
    """Return an SVG plot of the loss by step; its axis shows the largest and the smallest loss."""
    top, low = max(losses), min(losses)
    across, down = 570 / max(1, len(losses) - 1), 260 / ((top - low) or 1.0)
    points = " ".join(f"{50 + across * at:.1f},{20 + down * (top - loss):.1f}" for at, loss in enumerate(losses))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 320" font-family="sans-serif" font-size="12">'
        f"<title>Loss over {len(losses)} steps, from {losses[0]:.4f} to {losses[-1]:.4f}</title>"
        f'<rect width="100%" height="100%" fill="#fff"/><path d="M50 20V280H620" fill="none" stroke="#767676"/>'
        f'<polyline points="{points}" fill="none" stroke="#2a6a4b" stroke-width="1.5"/>'
        f'<text x="45" y="24" text-anchor="end">{top:.3g}</text><text x="45" y="280" text-anchor="end">{low:.3g}</text>'
        f'<text x="620" y="298" text-anchor="end">step {len(losses)}</text></svg>\n'
    )


def _line(row: Mapping[str, Any], num_steps: int) -> str:
    mfu = "" if row["mfu"] is None else f"  MFU {row['mfu']:.1%}"
    return (
        f"step {row['step']}/{num_steps}  loss {row['loss']:.4f}  lr {row['lr']:.2e}  norm {row['grad_norm']:.2f}  "
        f"{row['tokens_per_s']:,.0f} tok/s{mfu}  {row['memory_mb']:,.0f} MB  "
        f"{timedelta(seconds=round(row['eta_s']))} left  ${row['cost_usd']:.2f}"
    )


def _memory_mb() -> float:
    """Return the peak memory in megabytes: of the GPU, or of the process where there is no GPU."""
    if torch.cuda.is_available():
        return float(torch.cuda.max_memory_allocated()) / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def _tracker(name: str, folder: Path, ending: ExitStack) -> Track:
    """Return a function that sends a step to a tracker, and have `ending` close the tracker.

    The preflight has checked that the tracker is installed.
    """
    if name == "tensorboard":
        writer = importlib.import_module("torch.utils.tensorboard").SummaryWriter(folder / "tensorboard")
        ending.callback(writer.close)
        return lambda step, row: _write_scalars(writer, step, row)
    module = importlib.import_module(name)
    module.init(project="alpaca-arena", name=folder.name)
    ending.callback(module.finish)
    return lambda step, row: module.log(dict(row), step=step)


def _write_scalars(writer: Any, step: int, row: Mapping[str, float]) -> None:
    for name, value in row.items():
        writer.add_scalar(name, value, step)
