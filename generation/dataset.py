"""Data sets on disk: examples, rows of JSON, and the manifest that travels with them.

A file is read completely or not at all: the error names every faulty row with its place. A file is written completely
or not at all: a reader sees the old one or the new one.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO, Any, NoReturn, Self

from generation.errors import BadInput

Row = dict[str, Any]
FAULTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Example:
    """An instruction, what it is applied to (often nothing), and the answer."""

    instruction: str
    input: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True)
class Artefact:
    """Something a data set was made from, and on what terms: seed tasks, a teacher's answers, another data set."""

    name: str
    licence: str
    terms: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a data set is, written beside it.

    Attributes:
        file: the data set's file name.
        rows: how many rows it has.
        sha256: of the file, in hexadecimal.
        format: one of `generation.formats`.
        generator: who answered, such as {"model": …, "temperature": …}; None where nothing was generated.
        prompt_version: the name of the prompt that asked.
        rejected: how many candidates were turned away, by reason.
        artefacts: what it was made from, each with its own licence and terms.
        decontamination: `generation.candidates.decontamination.Report.as_row`, or None where nothing was checked.
    """

    file: str
    rows: int
    sha256: str
    format: str = "alpaca"
    generator: Mapping[str, Any] | None = None
    prompt_version: str | None = None
    rejected: Mapping[str, int] = field(default_factory=dict)
    artefacts: tuple[Artefact, ...] = ()
    decontamination: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, path: Path, *, rows: int, **details: Any) -> Self:
        """Return the manifest of the data set at `path`, with its hash; `details` are the other attributes."""
        return cls(path.name, rows, sha256_of(path), **details)

    @classmethod
    def derived(cls, source: Path, target: Path, *, rows: int, **changes: Any) -> Self:
        """Return the manifest of the data set at `target`, made from the one at `source`, whose terms it inherits.

        Raises:
            BadInput: the manifest of `source` is faulty.
        """
        parent = cls.read_beside(source) or cls.of(
            source, rows=rows, artefacts=(Artefact(source.name, "not recorded"),)
        )
        return replace(parent, file=target.name, rows=rows, sha256=sha256_of(target), **changes)

    def write_beside(self, path: Path) -> Path:
        """Write the manifest of the data set at `path` beside it, and return the manifest's path."""
        place = manifest_path(path)
        write_json(place, asdict(self))
        return place

    @classmethod
    def read_beside(cls, path: Path) -> Self | None:
        """Return the manifest of the data set at `path`, or None where it has none.

        Raises:
            BadInput: it cannot be read, or belongs to other contents.
        """
        place = manifest_path(path)
        if not place.exists():
            return None
        try:
            fields = json.loads(place.read_bytes())
            artefacts = tuple(Artefact(**artefact) for artefact in fields.pop("artefacts"))
            manifest = cls(**fields, artefacts=artefacts)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise BadInput(f"{place} is no manifest: {error}.") from error
        if manifest.sha256 != sha256_of(path):
            raise BadInput(
                f"{place} describes other contents than {path} has now.",
                hint="Remove the manifest if the data set was changed on purpose.",
            )
        return manifest


def manifest_path(path: Path) -> Path:
    """Return where the manifest of the data set at `path` is."""
    return path.with_name(f"{path.name}.manifest.json")


def rejects_path(path: Path) -> Path:
    """Return where the faulty rows of `path` are put when they are left out."""
    return path.with_name(f"{path.name}.rejected.jsonl")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_jsonl(path: Path, *, texts: Sequence[str] = (), skip_bad: bool = False) -> list[Row]:
    """Return the rows of a JSONL file, or of a file that holds one JSON array of rows.

    Args:
        path: the file, in UTF-8.
        texts: keys under which every row must have a string.
        skip_bad: leave faulty rows out, and write them with their faults to `rejects_path(path)`.

    Raises:
        BadInput: the file cannot be read or has faulty rows; names the first 20 and says how many there are.
    """
    try:
        raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
    escaped = b"\\u" in raw
    rows: list[Row] = []
    faults: list[Row] = []
    for place, text, value in _array_items(path, raw) if raw.lstrip().startswith(b"[") else _lines(raw):
        if fault := value if isinstance(value, _Unreadable) else _fault_in(value, texts, escaped=escaped):
            shown = json.dumps(value) if text is None else text.decode(errors="replace")
            faults.append({"place": place, "fault": str(fault), "text": shown})
        else:
            rows.append(value)
    if faults and not skip_bad:
        raise bad_rows(path, [f"{fault['place']}: {fault['fault']}" for fault in faults], of=len(rows) + len(faults))
    if faults:
        write_jsonl(rejects_path(path), faults)
    return rows


def bad_rows(path: Path, faults: Sequence[str], *, of: int, hint: str | None = None) -> BadInput:
    """Return the error for `faults` (each with its place) in `of` rows: names the first 20 and counts all."""
    more = len(faults) - FAULTS_SHOWN
    return BadInput(
        f"{path}: {len(faults)} of {of} rows are faulty.",
        [*faults[:FAULTS_SHOWN], *([f"… and {more} more"] if more > 0 else [])],
        hint=hint or "Correct them, or leave them out with --skip-bad.",
    )


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write `rows` to `path`, one a line, replacing the file at once, and return how many there were."""
    written = 0
    with replacing(path) as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, allow_nan=False).encode() + b"\n")
            written += 1
    return written


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """Write `rows` to `path`: one JSON array if its name ends in `.json`, else one row a line."""
    if path.suffix == ".json":
        write_json(path, rows)
    else:
        write_jsonl(path, rows)


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` as readable JSON, replacing the file at once."""
    write_bytes(path, json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2).encode() + b"\n")


def write_bytes(path: Path, contents: bytes) -> None:
    """Write `contents` to `path`, replacing the file at once."""
    with replacing(path) as file:
        file.write(contents)


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Yield a new file, which replaces `path` if the body succeeds, and is deleted if it fails."""
    target = path.resolve()
    new = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        with new.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        new.replace(target)
    except OSError as error:
        error.filename = str(path)  # not the temporary file's name, which the user does not know.
        raise
    finally:
        new.unlink(missing_ok=True)


class _Unreadable(str):
    """The reason why a value cannot be read."""


def _lines(raw: bytes) -> Iterator[tuple[str, bytes | None, Any]]:
    # Only "\n" ends a line: U+2028 and similar characters may be inside a JSON string.
    for number, line in enumerate(raw.split(b"\n"), 1):
        if line.strip():
            yield f"line {number}", line, _parsed(line)


def _array_items(path: Path, raw: bytes) -> Iterator[tuple[str, bytes | None, Any]]:
    array = _parsed(raw)
    if isinstance(array, _Unreadable):
        raise BadInput(f"{path} begins like a JSON array, but {array}.")
    for number, value in enumerate(array, 1):
        yield f"row {number}", None, value


def _parsed(raw: bytes) -> Any:
    try:
        return _STRICT.decode(raw.decode())
    except UnicodeDecodeError as error:
        return _Unreadable(f"byte {error.start + 1} is not UTF-8")
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        return _Unreadable(f"it is not JSON: {error.msg} ({where})")
    except RecursionError:
        return _Unreadable("it is nested too deeply")
    except ValueError as error:
        return _Unreadable(str(error))


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")


_STRICT = json.JSONDecoder(parse_constant=_refuse)


def _fault_in(row: Any, texts: Sequence[str], *, escaped: bool) -> str | None:
    if not isinstance(row, dict):
        return f"an object is expected, this is {_kind(row)}"
    if missing := [f"`{key}`" for key in texts if key not in row]:
        return f"{', '.join(missing)} is missing (it has {', '.join(row) or 'no keys'})"
    if wrong := [f"`{key}` is {_kind(row[key])}" for key in texts if not isinstance(row[key], str)]:
        return f"{', '.join(wrong)} where text is expected"
    return "half a surrogate pair stands alone" if escaped and _has_half_a_pair(row) else None


def _has_half_a_pair(row: Row) -> bool:
    """Return whether a text has half a surrogate pair, which JSON can escape but UTF-8 cannot hold."""
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    return False


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
