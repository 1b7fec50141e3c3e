"""TOML tables read into frozen dataclasses, every fault of a file at once.

A field's annotation is its type, often with a rule (`number_rules`); its default makes it optional, and a nested
dataclass is a sub-table. A dataclass may add `faults()`, which yields what else is wrong with values that have the
right type.
"""

import dataclasses
import difflib
import json
import tomllib
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from generation.errors import BadInput

T = TypeVar("T")


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
    """Return the recipe in the folder `shipped` that is called `name`, or the file `name` beside another or from here.

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


def build(kind: type[T], document: Mapping[str, Any], *, name: str) -> T:
    """Return a `kind` made of `document`; `name` is how a message calls the file.

    Raises:
        BadInput: keys are unknown or missing, or values are wrong; lists every fault.
    """
    faults: list[str] = []
    made = _build(kind, document, "", faults)
    if faults:
        raise BadInput(f"{name} has {len(faults)} fault{'s' * (len(faults) > 1)}:", faults)
    return made


def _build(kind: type[T], table: Mapping[str, Any], place: str, faults: list[str]) -> T:
    hints = get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    found = len(faults)
    faults += [_unknown(key, list(fields), place) for key in table if key not in fields]
    values = {}
    for name, field in fields.items():
        if name in table:
            values[name] = _value(hints[name], table[name], f"{place}{name}", faults)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            faults.append(f"{place}{name} is missing")
    typed = len(faults) == found
    faults += [f"{place}{fault}" for fault in _broken_rules(kind, values)]
    if not typed:
        # Only a caller without faults ever sees the object.
        return object.__new__(kind)
    made = kind(**values)
    faults += [f"{place}{fault}" for fault in getattr(made, "faults", tuple)()]
    return made


def _broken_rules(kind: type, values: Mapping[str, Any]) -> Iterator[str]:
    hints = get_type_hints(kind, include_extras=True)
    for name, value in values.items():
        for option in (hints[name], *get_args(hints[name])):  # the rule of an optional number is that of the number
            for rule in getattr(option, "__metadata__", ()):
                if value is not None and not rule.holds(value):
                    yield f"{name} must be {rule.words}, not {value}"


def _unknown(key: str, known: list[str], place: str) -> str:
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"{place}{key} is not a key here; " + (
        f"did you mean `{close[0]}`?" if close else f"known: {', '.join(known)}"
    )


def _value(hint: Any, value: Any, place: str, faults: list[str]) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        (hint,) = (option for option in get_args(hint) if option is not types.NoneType)
    if dataclasses.is_dataclass(hint):
        if isinstance(value, Mapping):
            return _build(hint, value, f"{place}.", faults)  # type: ignore[arg-type]
        faults.append(f"{place} must be a table, not {value!r}")
        return None
    expected, taken = _taken(hint, value)
    if taken is None:
        faults.append(f"{place} must be {expected}, not {value!r}")
    return taken


def _taken(hint: Any, value: Any) -> tuple[str, Any]:
    """Return what a value of `hint` is called, and `value` as taken, or None where it is something else."""
    match get_origin(hint) or hint:
        case origin if origin is Literal:
            return "one of " + ", ".join(map(str, get_args(hint))), value if value in get_args(hint) else None
        case origin if origin is tuple:
            taken = [_taken(get_args(hint)[0], one)[1] for one in value] if isinstance(value, list) else [None]
            return f"a list of {_WORDS[get_args(hint)[0]][1]}", None if None in taken else tuple(taken)
        case origin if origin is Mapping and get_args(hint)[1] is float:
            return "a table of numbers", _numbers(value)
        case origin if origin is Mapping:
            return "a table", value if isinstance(value, Mapping) else None
        case origin if origin is float and type(value) is int:
            return "", float(value)
        case kind:
            return _WORDS[kind][0], value if type(value) is kind else None


def _numbers(value: Any) -> dict[str, float] | None:
    if isinstance(value, Mapping) and all(type(one) in (int, float) for one in value.values()):
        return {key: float(one) for key, one in value.items()}
    return None


# How a message calls a value of this type, and several.
_WORDS: Mapping[type, tuple[str, str]] = {
    bool: ("true or false", "true or false"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    str: ("a string", "strings"),
}


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
