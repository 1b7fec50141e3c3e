"""TOML tables: read from files, laid over each other, and written. `generation.declared_tables` checks them."""

import dataclasses
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from generation.errors import BadInput
from generation.toml_lines import TomlLines


def parse_toml(text: str, *, name: str) -> dict[str, Any]:
    """Return the document in `text`.

    Raises:
        BadInput: it is not TOML; says where.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{name} is not valid TOML: {error}.") from error


def read_toml(path: Path) -> dict[str, Any]:
    """Return the document in the file `path`.

    Raises:
        BadInput: it cannot be read, is not UTF-8, or is not TOML.
    """
    try:
        return parse_toml(path.read_text(encoding="utf-8"), name=str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}.") from error


def find_recipe(name: str, *, shipped: Path, beside: Path = Path()) -> Path:
    """Return the path of a recipe: one that ships, else a file in the folder `beside`, else in the current one.

    Raises:
        BadInput: there is neither; names those that ship.
    """
    for path in (shipped / f"{name}.toml", beside / name, Path(name)):
        if path.is_file():
            return path
    names = ", ".join(sorted(one.stem for one in shipped.glob("*.toml")))
    raise BadInput(f"There is no recipe {name}.", hint=f"Name a TOML file, or one of those that ship: {names}.")


def overlaid(document: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `document` with `changes` laid over it, table by table; None removes a key."""
    result = dict(document)
    for key, value in changes.items():
        result[key] = overlaid(result.get(key, {}), value) if isinstance(value, Mapping) else value
    return {key: value for key, value in result.items() if value is not None}


def places_in(layers: Sequence[tuple[Path, Mapping[str, Any]]], changes: Mapping[str, Any]) -> Callable[[str], str]:
    """Return a function that tells where a key was written, as "mine.toml:3: "; empty if it is in `changes`.

    Args:
        layers: files and their documents, the nearest first.
        changes: what was laid over all of them.
    """

    def place(key: str) -> str:
        if _holds(changes, key):
            return ""
        path = next((path for path, document in layers if _holds(document, key)), layers[0][0])
        line = TomlLines(path.read_text("utf-8")).of(key)
        return f"{path.name}:{line}: " if line else ""

    return place


def _holds(document: Mapping[str, Any], key: str) -> bool:
    first, _, rest = key.partition(".")
    inner = document.get(first)
    return first in document and (not rest or not isinstance(inner, Mapping) or _holds(inner, rest))


def toml_text(made: object) -> str:
    """Return the dataclass `made` as TOML that `build` reads back. Fields that are None are left out."""
    return tables_text(dataclasses.asdict(made))  # type: ignore[call-overload]


def tables_text(document: Mapping[str, Any]) -> str:
    """Return a document as TOML. Values that are None are left out."""
    return _table_text(document, "")


def _table_text(table: Mapping[str, Any], path: str) -> str:
    present = {key: value for key, value in table.items() if value is not None}
    lines = [f"{key} = {_toml_value(value)}" for key, value in present.items() if not isinstance(value, Mapping)]
    text = "".join(line + "\n" for line in lines)
    for key, value in present.items():
        if isinstance(value, Mapping):
            text += f"\n[{path}{key}]\n" + _table_text(value, f"{path}{key}.")
    return text


def toml_line(key: str, value: Any) -> str:
    """Return a key and its value as one line of TOML; a table is written inline."""
    return f"{key} = {_toml_value(value)}"


def _toml_value(value: Any) -> str:
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml_value(one) for one in value) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(toml_line(key, one) for key, one in value.items()) + " }"
    # JSON's strings, numbers and booleans are TOML's too; only the delete character needs escaping besides.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
