"""Reads facts about a contender from a run's record or a model card, as keys of the contenders file."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from arena.contenders.lineage import name_of_folder
from arena.contenders.schema import RELATIONS
from arena.errors import BadConfiguration

RECORD = "run.toml"  # the last file that a training run writes; training/run_record.py documents its keys
FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)\r?\n---", re.DOTALL)
MAX_CARD_CHARS = 1_000_000
NO_LICENCE = {"", "other", "unknown"}

Filled = dict[str, Any]


def slug_of(name: str) -> str:
    """Return a slug made of a model's name, such as `llama-3.2-1b` of `Llama 3.2:1B`."""
    return re.sub(r"[^a-z0-9._]+", "-", name.lower()).strip("-._")[:60]


def facts_of_run(folder: Path) -> Filled:
    """Return the facts in a run's record; none if the folder has no record.

    Raises:
        BadConfiguration: the record cannot be read.
    """
    record = folder / RECORD
    if not record.exists():
        return {}
    try:
        run = tomllib.loads(record.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"{record} cannot be read: {error}.") from error
    adapter = run.get("method") in {"lora", "qlora", "ia3"}
    licences = run.get("data_licences", [])
    claims = [{"artefact": "data", "licence": str(licence), "source": f"{RECORD} of the run"} for licence in licences]
    told = {
        "slug": slug_of(run.get("name", folder.name)),
        "label": run.get("name", folder.name),
        "base": slug_of(run["base_run"]) if run.get("base_run") else name_of_folder(str(run.get("base", ""))),
        "relation": "adapter" if adapter else "finetune",
        "weight_type": "adapter" if adapter else "original",
        "licence": run.get("base_licence"),
        "licences": claims,
        "revision": str(run.get("finished_at", "")),
        "weights_sha256": run.get("weights_sha256"),
        "prompt_format": run.get("prompt_format"),
        "sampling": {"stop": run["stop"]} if run.get("stop") else None,
    }
    return {key: value for key, value in told.items() if value}


def facts_of_card(path: Path, *, url: str | None, model: str | None) -> Filled:
    """Return the facts in the metadata of a Hugging Face model card, for a model that is served at `url`.

    Raises:
        BadConfiguration: the card cannot be read or has no metadata, or no URL is given.
    """
    if not url:
        raise BadConfiguration(f"{path} does not say where the model is served.", hint="Give --url, and --model.")
    try:
        found = FRONT_MATTER.match(path.read_text("utf-8")[:MAX_CARD_CHARS])
        card = yaml.safe_load(found[1]) if found else None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BadConfiguration(f"{path} cannot be read: {error}.") from error
    if not isinstance(card, Mapping):
        raise BadConfiguration(f"{path} has no metadata: a model card begins with YAML between two lines of `---`.")
    place = path.resolve()
    own_name = place.parent.name if place.name.casefold() == "readme.md" else place.stem
    name = str(card.get("model_name") or own_name)
    base = _first(card.get("base_model"))
    relation = str(card.get("base_model_relation") or ("finetune" if base else ""))
    licence = str(card.get("license") or "")
    licence = str(card.get("license_name") or "") if licence in NO_LICENCE else licence
    source = str(card.get("license_link") or "") or f"model card of {name}"
    told = {
        "slug": slug_of(name),
        "label": name,
        "backend": "openai",
        "url": url,
        "model": model or slug_of(name),
        "base": base,
        "relation": relation if relation in RELATIONS else "",
        "weight_type": "adapter" if relation == "adapter" or card.get("library_name") == "peft" else "",
        "licence": licence,
        "licences": [{"artefact": "weights", "licence": licence, "source": source}] if licence else [],
        "languages": _all(card.get("language")),
    }
    return {key: value for key, value in told.items() if value}


def _all(value: object) -> list[str]:
    return [str(one) for one in (value if isinstance(value, list) else [value]) if one]


def _first(value: object) -> str:
    return next(iter(_all(value)), "")
