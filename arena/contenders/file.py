"""Reads `contenders.toml` and reports all its faults at once."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from arena.contenders.schema import ContenderEntry, alike, contender_faults, entry_of
from arena.errors import BadConfiguration
from generation.dataset import replacing
from generation.declared_tables import TableFault
from generation.toml_lines import TomlLines
from generation.toml_tables import toml_line

MAX_BYTES = 1_000_000
EXAMPLE_HINT = "`arena contenders example` prints a file to begin with."


def read_contenders(path: Path) -> tuple[ContenderEntry, ...]:
    """Return the contenders that the file at `path` names, in its order.

    Raises:
        BadConfiguration: the file cannot be read, or has faults; each is named with its line, table and key.
    """
    return _entries(_read_text(path), path)


def _entries(text: str, path: Path) -> tuple[ContenderEntry, ...]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"{path} is not TOML: {error}.", hint=EXAMPLE_HINT) from error
    tables = document.get("contender", [])
    faults = [*_faults_outside(document), *_faults_inside(text, tables if isinstance(tables, list) else [])]
    if faults:
        raise BadConfiguration(f"{path} cannot be used:", [f"{path.name}{fault}" for fault in faults])
    return tuple(entry_of(table) for table in tables)


def append_contenders(path: Path, tables: Sequence[Mapping[str, Any]]) -> tuple[ContenderEntry, ...]:
    """Append contenders to the file at `path`, which is made if it does not exist, and return all that it names.

    The present content, comments included, stays as it is. If the result would have a fault, nothing is written.

    Raises:
        BadConfiguration: the file has faults, or would have some with the new tables.
    """
    before = _read_text(path) if path.exists() else ""
    text = before if not before or before.endswith("\n") else before + "\n"
    for table in tables:
        lines = "".join(toml_line(key, value) + "\n" for key, value in table.items())
        text += ("\n" if text else "") + f"[[contender]]\n{lines}"
    entries = _entries(text, path)
    with replacing(path) as file:
        file.write(text.encode())
    return entries


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise BadConfiguration(f"There is no file {path}.", hint=EXAMPLE_HINT) from error
    except OSError as error:
        raise BadConfiguration(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > MAX_BYTES:
        raise BadConfiguration(f"{path} is larger than {MAX_BYTES // 1_000_000} MB; that is no contenders file.")
    if content.startswith(b"\xef\xbb\xbf"):
        raise BadConfiguration(f"{path} begins with a byte-order mark.", hint="Save it as UTF-8 without BOM.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content:
        raise BadConfiguration(f"{path} is not UTF-8 (it looks like UTF-16).", hint="Save it as UTF-8.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadConfiguration(f"{path}:{line} is not UTF-8.", hint="Save the file as UTF-8.") from error


def _faults_outside(document: Mapping[str, Any]) -> Iterator[str]:
    for key in document:
        if key != "contender":
            yield f": `{key}` is not known at the top; every contender is a table `[[contender]]`"
    tables = document.get("contender")
    if tables is None:
        yield ": names no contender; each is a table `[[contender]]`"
    elif not isinstance(tables, list) or not tables:
        yield ": `contender` must be written with two brackets, `[[contender]]`"


def _faults_inside(text: str, tables: Sequence[object]) -> list[str]:
    faults = list(_faults_in_order(tables))
    lines = TomlLines(text)
    placed = [(lines.of(f"contender[{index + 1}].{fault.key}") or 0, index, fault) for index, fault in faults]
    placed.sort(key=lambda one: one[:2])
    return [f"{f':{line}' if line else ''}: {_named(tables[index], index)}{fault}" for line, index, fault in placed]


def _faults_in_order(tables: Sequence[object]) -> Iterator[tuple[int, TableFault]]:
    """Yield (index of the table, fault) for each fault of one table and of several together."""
    for index, table in enumerate(tables):
        if isinstance(table, Mapping):
            yield from ((index, fault) for fault in contender_faults(table))
        else:
            yield index, TableFault("contender", "must be a table `[[contender]]`")
    for key in ("slug", "label"):
        yield from _repetitions(tables, key)


def _repetitions(tables: Sequence[object], key: str) -> Iterator[tuple[int, TableFault]]:
    first: dict[str, int] = {}
    for index, table in enumerate(tables):
        value = table.get(key) if isinstance(table, Mapping) else None
        if not isinstance(value, str):
            continue
        earlier = first.setdefault(alike(value), index)
        if earlier != index:
            yield index, TableFault(key, f"reads like that of [[contender]] {earlier + 1}")


def _named(table: object, index: int) -> str:
    """Return the words by which a message refers to a table."""
    slug = table.get("slug") if isinstance(table, Mapping) else None
    shown = f' ("{slug}")' if isinstance(slug, str) and slug.isprintable() and len(slug) <= 64 else ""
    return f"[[contender]] {index + 1}{shown}: "
