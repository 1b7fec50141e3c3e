"""Batch files: writes the requests of a run for a vendor's batch interface, and reads its answers.

Only for runs whose prompts do not depend on answers, so that all are known at the start. OpenAI's JSONL: one request
a line with a `custom_id`, answered by one line with the same; at most 50,000 requests and 200 MB a file.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from generation.asking.asking import Request
from generation.asking.journal import Answer, Journal
from generation.conversation import Usage
from generation.dataset import read_jsonl
from generation.errors import BadInput
from generation.recipe import GenerationRecipe

MAX_REQUESTS = 50_000
MAX_BYTES = 200_000_000
_ENDPOINT = "/v1/chat/completions"


def check_batchable(recipe: GenerationRecipe) -> None:
    """Refuse recipes whose prompts depend on answers.

    Raises:
        BadInput: this recipe's do, or its teacher is not asked by chat.
    """
    if recipe.feeds_back or recipe.method == "self_instruct":
        raise BadInput(
            "Batch files need prompts that do not depend on earlier answers; this recipe's do.",
            hint="Set `machine_examples = 0` in a recipe of method alpaca, or use `arena generate run`.",
        )
    if recipe.teacher.protocol != "chat":
        raise BadInput("Batch files are for chat teachers.")


def write_batch(folder: Path, requests: Iterable[Request], *, recipe: GenerationRecipe, identity: str) -> list[Path]:
    """Write `requests` into as many files in `folder` as the limits need; return their paths."""
    paths = []
    for number, lines in enumerate(_parts(_line(request, recipe, identity) for request in requests), start=1):
        paths.append(folder / f"batch-{number}.jsonl")
        paths[-1].write_bytes(b"".join(lines))
    return paths


def _parts(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    part: list[bytes] = []
    size = 0
    for line in lines:
        if part and (len(part) == MAX_REQUESTS or size + len(line) > MAX_BYTES):
            yield part
            part, size = [], 0
        part.append(line)
        size += len(line)
    if part:
        yield part


def _line(request: Request, recipe: GenerationRecipe, identity: str) -> bytes:
    form, options = request.structured or request, recipe.endpoint.options
    fields = {name: value for name, value in asdict(request.sampling).items() if value not in (None, (), {})}
    # As the `openai` backend names it.
    fields[options.get("max_tokens_field", "max_tokens")] = fields.pop("max_tokens")
    body: dict[str, Any] = {
        "model": recipe.teacher.model,
        "messages": [asdict(message) for message in form.messages],
        **fields,
        **options.get("extra", {}),
    }
    if request.structured:
        shape = {"name": "reply", "schema": request.structured.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": shape}
    line = {"custom_id": _custom_id(request.id, identity), "method": "POST", "url": _ENDPOINT, "body": body}
    return json.dumps(line, ensure_ascii=False).encode() + b"\n"


def _custom_id(request: str, identity: str) -> str:
    # An answer says which run it belongs to, so that it cannot be read into another.
    return f"{identity[:12]}/{request}"


@dataclass(frozen=True, slots=True)
class BatchRead:
    """How many of the answers in a file were new, known already, and failed."""

    new: int
    known: int
    failed: int


def read_batch(path: Path, journal: Journal, *, structured: bool, skip_bad: bool = False) -> BatchRead:
    """Read a file of answers into the journal. One that is there already is not counted again.

    Raises:
        BadInput: rows cannot be read or belong to another run; then none is read.
    """
    assert journal.identity
    rows = read_jsonl(path, texts=("custom_id",), skip_bad=skip_bad)
    prefix = _custom_id("", journal.identity)
    if strangers := [row["custom_id"] for row in rows if not row["custom_id"].startswith(prefix)]:
        raise BadInput(f"{path} has {len(strangers)} answers of another run:", strangers[:20])
    new = known = failed = 0
    for row in rows:
        request = row["custom_id"].removeprefix(prefix)
        answer = _answer(row, structured=structured)
        if request in journal.answers:
            known += 1
        elif answer is None:
            failed += 1
            journal.append("given_up", request=request, kind="batch", sentence=json.dumps(row.get("error")))
        else:
            new += 1
            journal.record_answer(request, answer)
    return BatchRead(new, known, failed)


def _answer(row: Mapping[str, Any], *, structured: bool) -> Answer | None:
    match row:
        case {
            "response": {
                "status_code": 200,
                "body": {
                    "choices": [{"message": {"content": str(text)}, "finish_reason": str(finish_reason)}, *_],
                    "usage": {"prompt_tokens": int(prompt), "completion_tokens": int(output), **details},
                },
            }
        }:
            match details.get("prompt_tokens_details"):
                case {"cached_tokens": int(cached)}:
                    pass
                case _:
                    cached = 0
            return Answer(text, finish_reason, Usage(prompt, output, cached), structured=structured, batch=True)
        case _:
            return None
