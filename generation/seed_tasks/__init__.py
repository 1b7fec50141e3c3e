"""Seed tasks: the hand-written examples that Self-Instruct starts from.

`en.jsonl` and `ko.jsonl` are of our own writing, each native to its language. A file of the published kind loads
the same way: one JSON object a line with `id`, `name`, `instruction`, `instances` and `is_classification`.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from generation.errors import BadInput

SeedLanguage = Literal["en", "ko"]
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Instance:
    """One worked case of a task. `input` is empty where the instruction says everything."""

    input: str
    output: str


@dataclass(frozen=True, slots=True)
class SeedTask:
    """A task written by a person. A classification's output is one of few fixed answers."""

    id: str
    name: str
    instruction: str
    instances: tuple[Instance, ...]
    is_classification: bool


def load_seed_tasks(source: SeedLanguage | Path) -> tuple[SeedTask, ...]:
    """Return the tasks of our own set in a language, or those of a file, in the order of the file.

    Raises:
        BadInput: the file cannot be read, holds no task, or has faults; lists every fault with its line number.
    """
    path = source if isinstance(source, Path) else _HERE / f"{source}.jsonl"
    tasks: dict[str, SeedTask] = {}
    faults: list[str] = []
    for number, line in enumerate(_lines(path), start=1):
        if line.strip():
            row, found = _read(line)
            if not found and row["id"] in tasks:
                found = [f"`id` {row['id']!r} is used before"]
            if not found:
                tasks[row["id"]] = _task(row)
            faults += [f"line {number}: {fault}" for fault in found]
    if faults:
        raise BadInput(f"{path} has {len(faults)} fault{'s' * (len(faults) > 1)}:", faults)
    if not tasks:
        raise BadInput(f"{path} holds no seed task.", hint="Write one JSON object a line.")
    return tuple(tasks.values())


def _lines(path: Path) -> list[str]:
    try:
        # Only "\n" ends a line: U+2028 and similar characters may be inside a JSON string.
        return path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read as seed tasks: {error}", hint="Name a UTF-8 JSONL file.") from error


def _read(line: str) -> tuple[Any, list[str]]:
    """Return the row in `line` with its faults."""
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        return None, [f"not JSON: {error.msg} at column {error.colno}"]
    return row, list(_faults(row))


def _task(row: dict[str, Any]) -> SeedTask:
    return SeedTask(
        id=row["id"],
        name=row["name"],
        instruction=row["instruction"],
        instances=tuple(Instance(each["input"], each["output"]) for each in row["instances"]),
        is_classification=row["is_classification"],
    )


def _faults(row: object) -> Iterator[str]:
    if not isinstance(row, dict):
        yield f"an object is needed, not {type(row).__name__}"
        return
    for key in ("id", "name", "instruction"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            yield f"`{key}` must be a text that is not empty"
    if not isinstance(row.get("is_classification"), bool):
        yield "`is_classification` must be true or false"
    instances = row.get("instances")
    if not isinstance(instances, list) or not instances:
        yield "`instances` must be a list with at least one {input, output}"
        return
    for place, instance in enumerate(instances, start=1):
        if not isinstance(instance, dict) or not isinstance(instance.get("input"), str):
            yield f"instance {place}: `input` must be a text, empty where the task needs none"
        elif not isinstance(instance.get("output"), str) or not instance["output"].strip():
            yield f"instance {place}: `output` must be a text that is not empty"
