"""What a contender's table can be filled from: an endpoint's model, a run's folder, or a model card."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from arena.contender_entry import RELATIONS
from arena.errors import BadConfiguration

RECORD = "run.toml"  # what a training run writes last; training/run_record.py documents its keys
FRONT_MATTER = re.compile(r"\A---\r?\n(.*?)\r?\n---", re.DOTALL)
MAX_CARD_CHARS = 1_000_000
NO_LICENCE = {"", "other", "unknown"}

Filled = dict[str, Any]


def filled_from(source: str, *, model: str | None, url: str | None) -> Filled:
    """Return what `source` tells of a contender: a URL, the folder of a run, or a model card.

    Args:
        source: what the maintainer named.
        model: its name at the endpoint.
        url: where it is served, for a folder or a card.

    Raises:
        BadConfiguration: it is none of them, or cannot be read.
    """
    path = Path(source)
    if "://" in source or not path.exists():
        return _of_endpoint(source, model)
    told = _of_run(path) if path.is_dir() else _of_card(path)
    if url:
        elsewhere = {key: value for key, value in told.items() if key != "folder"}
        return {**elsewhere, "backend": "openai", "url": url, "model": model or told["slug"]}
    if told["backend"] == "openai":
        raise BadConfiguration(f"{source} does not say where the model is served.", hint="Give --url, and --model.")
    return told


def slug_of(name: str) -> str:
    """Return a slug made of a model's name, such as `llama-3.2-1b` of `Llama 3.2:1B`."""
    return re.sub(r"[^a-z0-9._]+", "-", name.lower()).strip("-._")[:60]


def _of_endpoint(url: str, model: str | None) -> Filled:
    if not model:
        raise BadConfiguration("Which model of the endpoint?", hint="arena contenders add URL MODEL")
    name = model.rsplit("/", 1)[-1]
    return {"slug": slug_of(name), "label": name, "backend": "openai", "url": url, "model": model}


def _of_run(folder: Path) -> Filled:
    record = folder / RECORD
    try:
        run = tomllib.loads(record.read_text("utf-8"))
    except FileNotFoundError as error:
        raise BadConfiguration(
            f"{folder} has no {RECORD}, so it is no finished run.", hint="Give an endpoint's URL and MODEL instead."
        ) from error
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"{record} cannot be read: {error}.") from error
    adapter = run.get("method") in {"lora", "qlora", "ia3"}
    licences = run.get("data_licences", [])
    claims = [{"artefact": "data", "licence": str(licence), "source": f"{RECORD} of the run"} for licence in licences]
    told = {
        "slug": slug_of(run.get("name", folder.name)),
        "label": run.get("name", folder.name),
        "backend": "transformers",
        "folder": str(folder),
        "base": slug_of(run["base_run"]) if run.get("base_run") else run.get("base"),
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


def _of_card(path: Path) -> Filled:
    """Read the metadata of a Hugging Face model card: the YAML between two lines of dashes at its top."""
    try:
        found = FRONT_MATTER.match(path.read_text("utf-8")[:MAX_CARD_CHARS])
        card = yaml.safe_load(found[1]) if found else None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BadConfiguration(f"{path} cannot be read: {error}.") from error
    if not isinstance(card, Mapping):
        raise BadConfiguration(f"{path} has no metadata: a model card begins with YAML between two lines of `---`.")
    name = str(card.get("model_name") or path.resolve().parent.name)
    base = _first(card.get("base_model"))
    relation = str(card.get("base_model_relation") or ("finetune" if base else ""))
    licence = str(card.get("license") or "")
    licence = str(card.get("license_name") or "") if licence in NO_LICENCE else licence
    source = str(card.get("license_link") or "") or f"model card of {name}"
    told = {
        "slug": slug_of(name),
        "label": name,
        "backend": "openai",
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
