"""Reads prompts from files, in the formats in which prompt sets are published.

| format | a row |
|---|---|
| our own, JSONL | `{"item": "hello", "turns": ["Hello", "And again"], "category": "chat", "language": "English"}` |
| CSV | columns `prompt` (or `turn_1`, `turn_2`, …), `item`, `category`, `language` |
| MT-Bench | `{"question_id": 81, "category": "writing", "turns": ["…", "…"]}` |
| AlpacaEval | `{"instruction": "…", "dataset": "helpful_base"}`, as JSONL or one JSON array |
| Self-Instruct's | `{"id": "…", "motivation_app": "…", "instruction": "…", "instances": [{"input": "…"}]}` |
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.votes.prompt_labels import language_of
from generation.dataset import Row, bad_rows, read_jsonl
from generation.errors import BadInput

ITEM = re.compile(r"[^\s/\x00-\x1f][^/\x00-\x1f]{0,119}")  # no slash: attention items have one
TURN = re.compile(r"turn_([1-9][0-9]?)")
MOST_CHARS = 100_000


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a user says, turn by turn. `item` is its name within its set."""

    item: str
    turns: tuple[str, ...]
    category: str = ""
    language: str = ""

    def as_row(self) -> Row:
        """Return it as a row of our own format."""
        return {"item": self.item, "turns": list(self.turns), "category": self.category, "language": self.language}


@dataclass(frozen=True, slots=True)
class KnownFormat:
    """A format in which prompts are published, with the terms that its publishers state.

    Attributes:
        keys: what a row must have to be of this format.
        licence: of the published prompts; empty where whoever brings a file has to say it.
        do_not_train: the publishers ask not to train on them.
    """

    name: str
    keys: frozenset[str]
    read: Callable[[Row, int], Prompt]
    licence: str = ""
    do_not_train: bool = True


class _Fault(ValueError):
    """A row holds no prompt; says why."""


def read_prompts(path: Path) -> tuple[KnownFormat, tuple[Prompt, ...]]:
    """Return the prompts of a file, and its format.

    Raises:
        BadInput: it cannot be read, or rows hold no prompt, or two have the same name or the same text; names each.
    """
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else read_jsonl(path)
    if not rows:
        raise BadInput(f"{path} holds no prompts.")
    format_ = next((known for known in FORMATS if known.keys <= rows[0].keys()), OWN)
    prompts, faults = [], []
    items: dict[str, int] = {}
    texts: dict[tuple[str, ...], int] = {}
    for number, row in enumerate(rows, 1):
        try:
            prompt = format_.read(row, number)
        except _Fault as fault:
            faults.append(f"row {number}: {fault}")
            continue
        for what, earlier in (
            ("name", items.setdefault(prompt.item, number)),
            ("text", texts.setdefault(prompt.turns, number)),
        ):
            if earlier != number:
                faults.append(f"row {number}: has the {what} of row {earlier}")
        prompts.append(prompt)
    if faults:
        raise bad_rows(path, faults, of=len(rows), hint=f"Read as {format_.name}. Correct the rows.")
    return format_, tuple(prompts)


def _own(row: Row, number: int) -> Prompt:
    turns = row["turns"] if "turns" in row else [row.get("prompt")]
    return _prompt(row, turns, item=row.get("item", row.get("id", number)))


def _mt_bench(row: Row, _number: int) -> Prompt:
    return _prompt(row, row["turns"], item=row["question_id"])


def _alpaca_eval(row: Row, number: int) -> Prompt:
    return _prompt(row, [row["instruction"]], item=row.get("id", number), category=row["dataset"])


def _self_instruct(row: Row, _number: int) -> Prompt:
    instances = row["instances"]
    if not (isinstance(instances, list) and len(instances) == 1 and isinstance(instances[0], Mapping)):
        raise _Fault("`instances` must hold exactly one")
    given, instruction = instances[0].get("input", ""), row["instruction"]
    if not (isinstance(given, str) and isinstance(instruction, str)):
        raise _Fault("`instruction` and `input` must be texts")
    turn = f"{instruction}\n\n{given}" if given.strip() else instruction
    return _prompt(row, [turn], item=row["id"], category=row["motivation_app"])


def _prompt(row: Row, turns: Any, *, item: Any, category: Any = None) -> Prompt:
    """Return a prompt of untrusted parts."""
    if not (isinstance(turns, list) and turns and all(isinstance(turn, str) and turn.strip() for turn in turns)):
        raise _Fault("no prompt: `turns` is a list of texts, or `prompt` one text, and none is empty")
    if sum(map(len, turns)) > MOST_CHARS or any("\0" in turn for turn in turns):
        raise _Fault(f"longer than {MOST_CHARS:,} characters, or holds a NUL")
    if isinstance(item, bool) or not (isinstance(item, str | int) and ITEM.fullmatch(str(item))):
        raise _Fault("its name (`item` or `id`) must be a number or one line of up to 120 characters without a slash")
    labels = {"category": row.get("category", "") if category is None else category, "language": row.get("language")}
    if not isinstance(labels["category"], str) or not isinstance(labels["language"] or "", str):
        raise _Fault("`category` and `language` must be texts")
    return Prompt(str(item), tuple(turns), labels["category"], labels["language"] or language_of(turns[0]))


def _csv_rows(path: Path) -> list[Row]:
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8.", hint="Save it as CSV UTF-8.") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    numbered = sorted((int(found[1]), name) for name in reader.fieldnames or () if (found := TURN.fullmatch(name)))
    if "prompt" not in (reader.fieldnames or ()) and not numbered:
        raise BadInput(f"{path} has no column `prompt`, nor `turn_1`, `turn_2`, …")
    try:
        return [_csv_row(row, [name for _, name in numbered]) for row in reader]
    except csv.Error as error:
        raise BadInput(f"{path}, line {reader.line_num}: {error}.") from error


def _csv_row(row: Mapping[str, str | None], numbered: list[str]) -> Row:
    labels = {key: value for key in ("item", "category", "language") if (value := row.get(key))}
    turns = list(_filled(row[name] for name in numbered)) if numbered else [row["prompt"] or ""]
    return labels | {"turns": turns}


def _filled(cells: Iterator[str | None]) -> Iterator[str]:
    return (cell for cell in cells if cell)


OWN = KnownFormat("our own format", frozenset(), _own, do_not_train=False)
FORMATS = (
    KnownFormat(
        "Self-Instruct's human evaluation",
        frozenset({"id", "motivation_app", "instruction", "instances"}),
        _self_instruct,
        licence="Apache-2.0",
    ),
    KnownFormat("MT-Bench", frozenset({"question_id", "turns"}), _mt_bench, licence="Apache-2.0"),
    KnownFormat("AlpacaEval", frozenset({"instruction", "dataset"}), _alpaca_eval, licence="CC BY-NC 4.0"),
)
