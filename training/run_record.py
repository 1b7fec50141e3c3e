"""The record of a run, `run.toml`, and its model card, `README.md`.

The arena fills in a contender from the record. All keys of `run.toml` are always present:

    name                 the run's name, which is also its folder's
    about                the recipe's sentence
    finished_at          UTC, ISO 8601
    base                 the folder or hub name of the base; with `fresh = true` only its architecture was taken
    base_sha256          hash of the base's weights (of its config.json for a fresh run)
    base_licence         as the recipe states it
    base_run             the `name` in the base's own run.toml, "" where it has none
    data                 the files, as the recipe names them
    data_sha256          hash of the file, or of the hashes of several files
    data_licences        from the data's manifests; without a manifest, as the recipe states
    objective            "chat", "text" or "preference"
    method               "full", "lora", "qlora" or "ia3"
    prompt_format        a name of `generation.prompts`, "" for text
    end_of_reply         the token that ends a reply
    stop                 further strings that end a reply
    learned_from_votes   hashes of the votes that this run or a base of it was trained on, "" where there are none
    weights_sha256       hash of the weights in this folder
    [counts]             examples, tokens, trained_tokens, truncated, cut_tokens, split, fully_masked, steps,
                         parameters, trainable_parameters
    [training]           wall_s, world, device, dtype, strategy, tokens_per_s, cost_usd, first_loss, last_loss
    [verdict]            what the objective measured at the end on held-out data
    [recipe]             every value of the recipe
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from generation.dataset import Manifest, sha256_of, write_bytes
from generation.toml_tables import tables_text
from training.progress import read_log
from training.ranks import Ranks
from training.recipe import TrainingRecipe
from training.sharded import base_folder

FILE = "run.toml"


def write_record(
    folder: Path,
    recipe: TrainingRecipe,
    tokenizer: Any,
    ranks: Ranks,
    *,
    counts: dict[str, int],
    verdict: dict[str, float],
) -> None:
    """Write a run's card and then, as the folder's last file, its record. A folder that has a record is complete.

    Args:
        folder: the run's folder, with its log and its weights.
        recipe: what was trained.
        tokenizer: the base's; names the token that ends a reply.
        ranks: how many there were, and on what device.
        counts: of examples, tokens, steps and weights.
        verdict: what the objective measured on held-out data.
    """
    log, shape, adapter = read_log(folder / "log.jsonl"), recipe.shape, recipe.adapter
    seconds = log[-1]["seconds"]
    base = base_folder(recipe.base)
    parent = tomllib.loads((base / FILE).read_text("utf-8")) if (base / FILE).is_file() else {}
    votes = [str(hash_) for one in _manifests(recipe) if (hash_ := (one.generator or {}).get("votes_sha256"))]
    record = {
        "name": recipe.name,
        "about": recipe.about,
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "base": recipe.base,
        "base_licence": recipe.base_licence,
        "base_sha256": _weights_hash(base),
        "base_run": parent.get("name", ""),
        "learned_from_votes": " ".join(dict.fromkeys([*votes, *parent.get("learned_from_votes", "").split()])),
        "data": list(recipe.data),
        "data_sha256": data_hash(recipe),
        "data_licences": data_licences(recipe),
        "objective": recipe.objective,
        "method": "full" if adapter is None else "qlora" if adapter.quantized else adapter.method,
        "prompt_format": shape.name if shape else "",
        "end_of_reply": shape.end_of_reply(tokenizer) if shape else tokenizer.eos_token,
        "stop": list(shape.stop) if shape else [],
        "weights_sha256": _weights_hash(folder),
        "counts": counts,
        "training": {
            "wall_s": seconds,
            "world": ranks.world,
            "device": torch.cuda.get_device_name() if ranks.device.type == "cuda" else "cpu",
            "dtype": recipe.dtype,
            "strategy": "fsdp2" if ranks.world > 1 else "one process",
            "tokens_per_s": sum(row["tokens"] for row in log) / seconds,
            "cost_usd": log[-1]["cost_usd"],
            "first_loss": log[0]["loss"],
            "last_loss": log[-1]["loss"],
        },
        "verdict": verdict,
        "recipe": asdict(recipe),
    }
    (folder / "README.md").write_text(card(record), encoding="utf-8")
    write_bytes(folder / FILE, tables_text(record).encode())


def data_hash(recipe: TrainingRecipe) -> str:
    """Return the SHA-256 of the data: of its file, or of the hashes of its files where there are several."""
    hashes = [sha256_of(Path(name)) for name in recipe.data]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def data_licences(recipe: TrainingRecipe) -> list[str]:
    """Return the licences of the data from the manifests beside it; without a manifest, what the recipe states."""
    found = {artefact.licence for manifest in _manifests(recipe) for artefact in manifest.artefacts}
    return sorted(found) or [recipe.data_licence]


def _manifests(recipe: TrainingRecipe) -> list[Manifest]:
    return [manifest for name in recipe.data if (manifest := Manifest.read_beside(Path(name)))]


def _weights_hash(folder: Path) -> str:
    """Return a hash over the names and hashes of the weight files in `folder`, or of config.json if it has none."""
    files = sorted(folder.glob("*.safetensors")) or [folder / "config.json"]
    text = "".join(f"{file.name} {sha256_of(file)}\n" for file in files)
    return hashlib.sha256(text.encode()).hexdigest()


def card(record: Mapping[str, Any]) -> str:
    """Return the model card as Markdown, with the YAML header that model hubs read."""
    counts, training = record["counts"], record["training"]
    rows = {
        "base": f"{record['base']} ({record['base_licence']})",
        "data": f"{', '.join(record['data'])} ({', '.join(record['data_licences'])})",
        "method": f"{record['method']}, {counts['trainable_parameters']:,} of {counts['parameters']:,} weights",
        "prompt format": record["prompt_format"] or "plain text",
        "examples": f"{counts['examples']:,}; {counts['trained_tokens']:,} of {counts['tokens']:,} tokens are learned",
        "truncated, nothing to learn": f"{counts['truncated']:,}, {counts['fully_masked']:,}",
        "training": f"{counts['steps']:,} steps in {training['wall_s']:.0f} s on {training['world']} × "
        f"{training['device']}, {training['dtype']}, {training['strategy']}, ${training['cost_usd']:.2f}",
        "loss": f"{training['first_loss']:.4f} → {training['last_loss']:.4f}",
        **{name.replace("_", " "): f"{value:.4g}" for name, value in record["verdict"].items()},
    }
    table = "".join(f"| {name} | {value} |\n" for name, value in rows.items())
    relation = "finetune" if record["method"] == "full" else "adapter"
    return (
        f"---\nbase_model: {record['base']}\nbase_model_relation: {relation}\nlibrary_name: transformers\n---\n"
        f"# {record['name']}\n\n{record['about']}\n{_of_votes(record['learned_from_votes'])}\n"
        f"| | |\n|---|---|\n{table}\nEverything else is in `{FILE}`.\n"
    )


def _of_votes(votes: str) -> str:
    if not votes:
        return ""
    return (
        f"\n**It learned from this arena's votes** (vote set `{votes[:12]}`): its rating here is that of a contender "
        "whom its own judges taught. Votes teach taste, not arithmetic.\n"
    )
