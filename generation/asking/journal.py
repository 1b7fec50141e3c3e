"""The journal: one line of JSON for each event, only appended to. A run's state is computed from its journal.

    {"event": "opened", "identity": "…", "at": …}            a session began
    {"event": "asked", "request": "task/12", …}              about to be sent
    {"event": "failed", "request": "task/12", "kind": …}     this attempt failed
    {"event": "answered", "request": "task/12", "text": …}   paid for; saved before anything uses it
    {"event": "given_up", "request": "task/12", "kind": …}   not tried again in this session
    {"event": "stopped", "reason": …}                        a session ended on purpose

A request whose answer is in the journal is not sent again, so a run is resumed by running it again.
"""

import fcntl
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from generation.conversation import Usage
from generation.errors import BadInput, GenerationError

# Events that must survive a power cut. The others only help to find out what happened.
_DURABLE = {"opened", "answered", "given_up", "stopped"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer. `batch`: it came through a batch file, and is billed at the batch price."""

    text: str
    finish_reason: str
    usage: Usage
    structured: bool = False
    batch: bool = False


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A request that brought no answer. `kind` is the `BackendError.kind` of its last failure."""

    kind: str
    sentence: str


class Journal:
    """The journal of one run, open for one process at a time.

    Attributes:
        answers: by the id of their request.
        asked: how often each request was sent, by its id.
        failures: how often each kind of failure occurred.
        identity: hash of the recipe that the run began with, None before it began.
        opened_at: when the run began, in seconds since the epoch.
        seconds: how long all its sessions took together.
        lost: requests that were in flight when a session was killed. The endpoint may have billed them.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the journal, lock it, and remove an incomplete last line.

        Raises:
            BadInput: a line before the last is not an event.
            GenerationError: another process writes this journal, or the file cannot be opened.
        """
        self.path = path
        self.answers: dict[str, Answer] = {}
        self.asked: Counter[str] = Counter()
        self.failures: Counter[str] = Counter()
        self.identity: str | None = None
        self.opened_at = 0.0
        self.seconds = 0.0
        self._last_at = 0.0
        self._settled: Counter[str] = Counter()
        self._file = self._open_locked()
        for event in self._repaired():
            self._fold(event)
        self.lost = sum((self.asked - self._settled).values())

    def _open_locked(self) -> int:
        try:
            file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            raise GenerationError(f"{self.path} cannot be opened: {error.strerror}.") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(file)
            raise GenerationError(
                f"{self.path.parent} is in use: another process is writing its journal.", hint="Wait for it or stop it."
            ) from error
        return file

    def _repaired(self) -> Iterator[dict[str, Any]]:
        content = self.path.read_bytes()
        complete = content.rfind(b"\n") + 1
        last_line = content[complete:]
        if last_line and _is_event(last_line):
            # Only the newline is missing. The answer on this line is paid for.
            self._write(b"\n")
        elif last_line:
            os.ftruncate(self._file, complete)
        return events(self.path)

    def _fold(self, event: dict[str, Any]) -> None:
        request = event.get("request", "")
        if event["event"] != "opened":
            self.seconds += event["at"] - self._last_at
        self._last_at = event["at"]
        match event["event"]:
            case "opened":
                self.identity = event["identity"]
                self.opened_at = self.opened_at or event["at"]
            case "asked":
                self.asked[request] += 1
            case "failed":
                self._settled[request] += 1
                self.failures[event["kind"]] += 1
            case "answered":
                self._settled[request] += 1
                self.answers[request] = _answer(event)

    def append(self, event: str, **fields: Any) -> None:
        """Append one event. An answer is safely on the disk when this returns.

        Raises:
            GenerationError: it could not be written, for example to a full disk. The journal then ends with the event
                before it.
        """
        line = {"event": event, "at": round(time.time(), 3), **fields}
        self._write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        if event in _DURABLE:
            os.fsync(self._file)
        self._fold(line)

    def _write(self, line: bytes) -> None:
        size = os.fstat(self._file).st_size
        try:
            fault = None if os.write(self._file, line) == len(line) else "the disk is full"
        except OSError as error:
            fault = error.strerror
        if fault:
            os.ftruncate(self._file, size)
            raise GenerationError(f"{self.path} cannot be written: {fault}.", hint="Make room, then resume the run.")

    def record_answer(self, request: str, answer: Answer, **fields: Any) -> None:
        """Write the answer to `request`."""
        usage = [answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.cached_tokens]
        marks = {name: True for name in ("structured", "batch") if getattr(answer, name)}
        self.append(
            "answered",
            request=request,
            finish_reason=answer.finish_reason,
            usage=usage,
            **marks,
            **fields,
            text=answer.text,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)


def _answer(event: dict[str, Any]) -> Answer:
    return Answer(
        text=event["text"],
        finish_reason=event["finish_reason"],
        usage=Usage(*event["usage"]),
        structured=event.get("structured", False),
        batch=event.get("batch", False),
    )


def _is_event(line: bytes) -> bool:
    try:
        event = json.loads(line)
    except ValueError:
        return False
    return isinstance(event, dict) and isinstance(event.get("event"), str)


def events(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the events of a journal, without an incomplete last line.

    Raises:
        BadInput: a line before the last is not an event.
    """
    with path.open("rb") as lines:
        faults = [
            f"line {number}"
            for number, line in enumerate(lines, start=1)
            if line.endswith(b"\n") and not _is_event(line)
        ]
    if faults:
        raise BadInput(
            f"{path} has lines that are no events of a journal:",
            faults[:20],
            hint="Restore the file, or remove these lines.",
        )
    with path.open("rb") as lines:
        yield from (json.loads(line) for line in lines if line.endswith(b"\n"))
