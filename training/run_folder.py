"""A run's folder: taken when a run begins or goes on, whole when `run.toml` is there."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from generation.dataset import write_json
from generation.prompts import prompt_format
from training.checkpoint import CheckpointFolder
from training.errors import TrainingError
from training.examples import data_hash, data_licences
from training.progress import read_log
from training.ranks import Ranks
from training.recipe import LoadedRecipe, Recipe
from training.run_record import FILE, card, lineage, weights_sha256, write_record


def claim(folder: Path, recipe: Recipe, checkpoints: CheckpointFolder, *, resume: bool, ranks: Ranks) -> int:
    """Take a folder for a run and return how many of its steps are done.

    Raises:
        TrainingError: the folder holds a run already, or one of another recipe is to be resumed.
    """
    identity = {**recipe.identity(), "data_sha256": data_hash(map(Path, recipe.data))}
    kept = folder / "recipe.json"
    steps = checkpoints.steps()
    if (folder / FILE).exists():
        raise TrainingError(f"{folder} holds a finished run.", hint="Give this one another name: name=…")
    if kept.exists() and not resume:
        raise TrainingError(
            f"{folder} holds a run that stopped{f' after step {steps[-1]}' if steps else ''}.",
            hint="Go on with --resume, or give this one another name: name=…",
        )
    ranks.wait()
    if not kept.exists() and ranks.first:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(kept, identity)
    elif kept.exists():
        earlier = json.loads(kept.read_bytes())
        if changed := [key for key in {**earlier, **identity} if not _same(earlier.get(key), identity.get(key))]:
            raise TrainingError(
                f"{folder} was begun with other values of {', '.join(changed)}.",
                hint="Resume with the recipe and data that it was begun with, or give this one another name.",
            )
    return steps[-1] if steps else 0


def finish(
    loaded: LoadedRecipe,
    folder: Path,
    ranks: Ranks,
    *,
    counts: Mapping[str, int],
    verdict: Mapping[str, float],
    tokenizer: Any,
) -> None:
    """Write the card and the record of a run, from its log."""
    recipe, log = loaded.recipe, read_log(folder / "log.jsonl")
    shape = None if recipe.objective == "text" else prompt_format(recipe.format)
    adapter = recipe.adapter
    record = {
        "name": loaded.name,
        "about": recipe.about,
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "base": recipe.base,
        "base_licence": recipe.base_licence,
        **lineage(recipe),
        "data": list(recipe.data),
        "data_sha256": data_hash(map(Path, recipe.data)),
        "data_licences": data_licences(map(Path, recipe.data), stated=recipe.data_licence),
        "objective": recipe.objective,
        "method": "full" if adapter is None else "qlora" if adapter.quantized else adapter.method,
        "prompt_format": shape.name if shape else "",
        "end_of_reply": shape.end_of_reply(tokenizer) if shape else tokenizer.eos_token,
        "stop": list(shape.stop) if shape else [],
        "weights_sha256": weights_sha256(folder),
        "counts": dict(counts),
        "training": {
            "wall_s": log[-1]["seconds"],
            "world": ranks.world,
            "device": torch.cuda.get_device_name() if ranks.device.type == "cuda" else "cpu",
            "dtype": recipe.dtype,
            "strategy": "fsdp2" if ranks.world > 1 else "one process",
            "tokens_per_s": sum(row["tokens"] for row in log) / log[-1]["seconds"],
            "cost_usd": log[-1]["cost_usd"],
            "first_loss": log[0]["loss"],
            "last_loss": log[-1]["loss"],
        },
        "verdict": dict(verdict),
    }
    (folder / "README.md").write_text(card(record), encoding="utf-8")
    write_record(folder, record, recipe)


def _same(earlier: Any, now: Any) -> bool:
    return json.dumps(earlier) == json.dumps(now)
