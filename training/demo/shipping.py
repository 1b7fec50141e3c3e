"""Shipping: write a run as a small folder for the package, in half precision, with its measured accuracies."""

import json
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from training.demo.batch_generation import load_batch_generator
from training.demo.measurement import Accuracies, measure

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
GENERATION = "generation_config.json"
RECORD = "run.toml"
MEASURED = "measured.json"


def ship(run: Path, folder: Path, *, items: int, dialogues: int) -> Accuracies:
    """Write the run to `folder`, measure what was written, and describe it in a card.

    An adapter is shipped without its base, which is expected as `tiny-base` in the same parent folder.

    Args:
        run: the folder of a finished run.
        folder: where to write; created if it is missing.
        items: questions for each task.
        dialogues: how many follow-ups to ask.
    """
    folder.mkdir(parents=True, exist_ok=True)
    adapter = run / "adapter"
    if adapter.is_dir():
        _write_halved(adapter / "adapter_model.safetensors", folder / "adapter_model.safetensors")
        config = json.loads((adapter / "adapter_config.json").read_text("utf-8"))
        _write_json(folder / "adapter_config.json", {**config, "base_model_name_or_path": "tiny-base"})
    else:
        _write_halved(run / "model.safetensors", folder / "model.safetensors")
        config = json.loads((run / "config.json").read_text("utf-8"))
        _write_json(folder / "config.json", {**config, "dtype": "float16"})
    for name in (*TOKENIZER_FILES, RECORD):
        shutil.copyfile(run / name, folder / name)
    # An empty reply would void the battle.
    generation = json.loads((run / GENERATION).read_text("utf-8"))
    _write_json(folder / GENERATION, {**generation, "min_new_tokens": 1})
    measured = measure(load_batch_generator(folder), items=items, dialogues=dialogues)
    _write_json(folder / MEASURED, measured.to_dict())
    record = tomllib.loads((run / RECORD).read_text("utf-8"))
    (folder / "README.md").write_text(card(record, measured, items=items, dialogues=dialogues), "utf-8")
    return measured


def card(record: Mapping[str, Any], measured: Accuracies, *, items: int, dialogues: int) -> str:
    """Return the card of a shipped contender as Markdown."""
    counts, seconds = record["counts"], record["training"]["wall_s"]
    rows = "\n".join(f"| {task} | {held:.2f} | {measured.phrase[task]:.2f} |" for task, held in measured.held.items())
    return f"""---
license: apache-2.0
language: [en, ko]
---
# {record["name"]}

{record["about"]} Made for the demo of Alpaca Arena, by its own recipes, on a laptop's CPU. It knows a handful of text
tasks in English and in Korean, and nothing else: whatever else it is asked, it answers wrongly.

| | |
|---|---|
| parameters | {counts["parameters"]:,}, of which {counts["trainable_parameters"]:,} were trained |
| method | {record["method"]}, {counts["steps"]:,} steps on {counts["examples"]:,} examples, {seconds:.0f} s |
| began with | {record["base_run"] or "random weights"} |
| data | invented by `training/demo` from a seed; no text of others |
| prompt format | {record["prompt_format"] or "none: it goes on from any text"} |
| licence | Apache-2.0, weights and data |

## Measured

Greedy, exact match, {items} items a task, {dialogues} dialogues. *Held*: words and numbers that were never trained.
*Phrase*: those, in phrasings that were never trained either. Countries and opposites are the trained ones in both.
Right in second turns, about its own first answer: {measured.second_turns:.2f}. Replies that are a full sentence:
{measured.sentences:.2f}.

| task | held | phrase |
|---|---|---|
{rows}
| **mean** | **{measured.held_mean:.2f}** | **{measured.phrase_mean:.2f}** |
"""


def _write_halved(source: Path, target: Path) -> None:
    tensors = {name: tensor.astype(np.float16) for name, tensor in load_file(source).items()}
    save_file(tensors, target, metadata={"format": "pt"})


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2) + "\n", "utf-8")
