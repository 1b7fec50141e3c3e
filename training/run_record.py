"""The record of a run: `run.toml`, which the arena fills a contender from, and the card, both written from the log.

Keys of `run.toml`, all present:

    name                 of the run, and of its folder
    about                the recipe's sentence
    finished_at          UTC, ISO 8601
    base                 folder or hub name that it began with; `fresh = true` in [recipe] took its architecture only
    base_sha256          of the base's weights (of its config.json for a fresh one)
    base_licence
    base_run             the `name` in the base's own run.toml, "" where it has none
    data                 files, as the recipe names them
    data_sha256          of the file, or of the hashes of several
    data_licences        from the data's manifests, else as the recipe states
    objective            "chat", "text" or "preference"
    method               "full", "lora", "qlora" or "ia3"
    prompt_format        a name of `generation.prompts`, "" for text
    end_of_reply         the token that ends a reply
    stop                 further strings at which a reply is over
    learned_from_votes   the hash of the votes that it or a base of it learned from, "" where there are none
    weights_sha256       of the weights in this folder
    [counts]             examples, tokens, trained_tokens, truncated, cut_tokens, split, fully_masked, steps,
                         parameters, trainable_parameters
    [training]           wall_s, world, device, dtype, strategy, tokens_per_s, cost_usd, first_loss, last_loss
    [verdict]            what the objective measured at the end, on what was held out
    [recipe]             every value as resolved
"""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from generation.dataset import Manifest, sha256_of
from generation.toml_tables import tables_text
from training.recipe import Recipe

FILE = "run.toml"


def base_folder(base: str) -> Path:
    """Return the folder in which a base is on this machine, given as a folder or as a name on the hub."""
    from transformers.utils import cached_file

    return Path(base) if Path(base).is_dir() else Path(str(cached_file(base, "config.json"))).parent


def weights_sha256(folder: Path) -> str:
    """Return the hash of the weight files in `folder`, over their names and hashes, or of its config without them."""
    files = sorted(folder.glob("*.safetensors")) or [folder / "config.json"]
    text = "".join(f"{file.name} {sha256_of(file)}\n" for file in files)
    return hashlib.sha256(text.encode()).hexdigest()


def read_record(folder: Path) -> dict[str, Any]:
    """Return the record in a run's folder, empty where there is none."""
    path = folder / FILE
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def lineage(recipe: Recipe) -> dict[str, Any]:
    """Return what a record says of the base and of votes."""
    folder = base_folder(recipe.base)
    parent = read_record(folder)
    manifests = [manifest for path in recipe.data if (manifest := Manifest.read_beside(Path(path)))]
    votes = [hash_ for manifest in manifests if (hash_ := (manifest.generator or {}).get("votes_sha256"))]
    return {
        "base_sha256": weights_sha256(folder),
        "base_run": parent.get("name", ""),
        "learned_from_votes": " ".join(dict.fromkeys([*votes, *str(parent.get("learned_from_votes", "")).split()])),
    }


def write_record(folder: Path, record: Mapping[str, Any], recipe: Recipe) -> None:
    """Write `run.toml`, the last file of a run: a folder that has it is whole."""
    unfinished = folder / f".{FILE}"
    unfinished.write_text(tables_text({**record, "recipe": asdict(recipe)}), encoding="utf-8")
    unfinished.rename(folder / FILE)


def card(record: Mapping[str, Any]) -> str:
    """Return the model card, in Markdown with the header that hubs read."""
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
