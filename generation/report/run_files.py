"""Run files: the files of a run folder that a report reads. All but `examples.jsonl` may be missing."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.auditing.audit import Audit
from generation.dataset import Row, manifest_path, read_jsonl
from generation.errors import BadInput

TEXTS = ("instruction", "input", "output")


@dataclass(frozen=True, slots=True)
class RunFiles:
    """The files of one run.

    Attributes:
        path: the run folder.
        kept: the rows of `examples.jsonl`.
        rejected: the rows of `rejected.jsonl`, each with its `reason`.
        summary, manifest: those of the same name, empty where there is none.
        recipe: the text of `recipe.toml`, empty where there is none.
        filters: the recipe's table of that name.
        audit: the audit, or None where none has begun.
        missing: the names of the files that are not there.
    """

    path: Path
    kept: list[Row]
    rejected: list[Row]
    summary: Mapping[str, Any]
    manifest: Mapping[str, Any]
    recipe: str
    filters: Mapping[str, Any]
    audit: Audit | None
    missing: tuple[str, ...]

    @property
    def fates_known(self) -> bool:
        """Whether the rejected candidates are known."""
        return "rejected.jsonl" not in self.missing


def read_run_files(path: Path) -> RunFiles:
    """Return the files of the run folder `path`. Only `examples.jsonl` must be there.

    Raises:
        BadInput: it is not, or a file is faulty.
    """
    kept = read_jsonl(path / "examples.jsonl", texts=TEXTS)
    rejects, recipe = path / "rejected.jsonl", path / "recipe.toml"
    optional = [rejects, path / "summary.json", path / "manifest.json", recipe]
    manifest = _json(path / "manifest.json") | _json(manifest_path(path / "alpaca.json"))
    text = recipe.read_text(encoding="utf-8") if recipe.exists() else ""
    try:
        filters = tomllib.loads(text).get("filters", {})
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{recipe} is not TOML: {error}.") from error
    return RunFiles(
        path=path,
        kept=kept,
        rejected=read_jsonl(rejects, texts=[*TEXTS, "reason"]) if rejects.exists() else [],
        summary=_json(path / "summary.json"),
        manifest=manifest,
        recipe=text,
        filters=filters,
        audit=Audit.of(path),
        missing=tuple(file.name for file in optional if not file.exists()),
    )


def _json(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        value = json.loads(path.read_bytes())
    except ValueError as error:
        raise BadInput(f"{path} is not JSON: {error}.") from error
    if not isinstance(value, dict):
        raise BadInput(f"{path} holds no JSON object.")
    return value
