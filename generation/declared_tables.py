"""Declared tables: a dataclass says which keys a table has, what each may hold and what it means.

A field's annotation is its type, with rules (`generation.value_rules`) and what it `Means`; its default makes it
optional, and a nested dataclass is a sub-table. The check of a file, the object made of it, its reference and the help
of flags all come from there. A dataclass may add two things that no single field can say:

    faults_between(table)   a class method: what is wrong between keys, as the table was written
    faults()                what is wrong with an object whose values are right one by one
"""

import dataclasses
import json
import math
import textwrap
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from generation.errors import BadInput
from generation.typed_values import (
    UNFIT,
    bare_type,
    choices_of,
    closest,
    complaint,
    kinds_of,
    metadata_of,
    value_of,
    wanted_words,
)
from generation.value_rules import WRITTEN_KEY, is_secret

T = TypeVar("T")

FEW = 16  # how many known keys a message lists when none is close to the unknown one
NOT_DECLARED = {"declared": False}  # metadata of a field that is no key of the table


@dataclass(frozen=True, slots=True)
class TableFault:
    """What is wrong with a table, and at which key (dotted; empty is the table itself).

    Quotes numbers only: a text could be a secret.
    """

    key: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.key}: {self.sentence}"

    def inside(self, place: str) -> "TableFault":
        """Return the fault as seen from the table in which this one lies at `place`."""
        return TableFault((place + self.key).rstrip("."), self.sentence)


@dataclass(frozen=True, slots=True)
class Means:
    """What a key is for: a sentence without its full stop, its unit, and a value that a person might give."""

    meaning: str
    unit: str = ""
    example: Any = None


@dataclass(frozen=True, slots=True)
class Inside:
    """A table, or each of a list of them, that is checked as `kind` and kept as it was given."""

    kind: type


@dataclass(frozen=True, slots=True)
class DeclaredKey:
    """One key of a declared table.

    Attributes:
        hint: the field's annotation.
        means: what it is for.
        required: it has no default.
        default: the value where it is left out, if it is not required.
        table: the dataclass of the sub-table, or of each in a list of them; None for a plain value.
        many: it is a list of tables.
        kept: a sub-table stays as it was given.
    """

    name: str
    hint: Any
    means: Means
    required: bool
    default: Any
    table: type | None
    many: bool
    kept: bool

    @property
    def plain_type(self) -> Any:
        """The type without rules, and without None; of several, the first."""
        return bare_type(kinds_of(self.hint)[0])

    @property
    def wanted(self) -> str:
        """What a value must be, in words."""
        return wanted_words(self.hint)

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it may be; empty where they are not few."""
        return choices_of(self.hint)


def keys_of(kind: type) -> Mapping[str, DeclaredKey]:
    """Return the keys that a dataclass declares, by name."""
    return _keys_of(cast("Hashable", kind))


@cache
def _keys_of(kind: Any) -> Mapping[str, DeclaredKey]:
    hints = get_type_hints(kind, include_extras=True)
    return {
        field.name: _declared(field, hints[field.name])
        for field in dataclasses.fields(kind)
        if field.metadata.get("declared", True)
    }


def faults_of(kind: type, table: Mapping[str, Any], *, also: Sequence[str] = ()) -> list[TableFault]:
    """Return everything that is wrong with `table`; `also` are keys from elsewhere that a person may have meant."""
    return read_table(kind, table, also=also)[1]


def read_table(
    kind: type[T], table: Mapping[str, Any], *, also: Sequence[str] = ()
) -> tuple[T | None, list[TableFault]]:
    """Return a `kind` made of `table`, or None and everything that is wrong with it.

    Args:
        kind: the dataclass that declares it.
        table: as TOML or JSON gives it.
        also: keys from elsewhere that a person may have meant.
    """
    keys = keys_of(kind)
    faults, values = [], dict[str, Any]()
    for name, value in table.items():
        if name in keys:
            values[name], found = _read_value(keys[name], value)
            faults += [fault.inside(name) for fault in found]
        else:
            faults.append(TableFault(name, _unknown(name, [*keys, *also])))
    faults += [TableFault(key.name, "is missing") for key in keys.values() if key.required and key.name not in table]
    faults += getattr(kind, "faults_between", _no_faults)(table)
    if faults:
        return None, faults
    made = kind(**values)
    faults += getattr(made, "faults", tuple)()
    return (None, faults) if faults else (made, [])


def build(kind: type[T], document: Mapping[str, Any], *, name: str, place: Callable[[str], str] = lambda _key: "") -> T:
    """Return a `kind` made of `document`.

    Args:
        kind: the dataclass that declares it.
        document: as TOML or JSON gives it.
        name: how a message calls the file.
        place: says where a key was written, to go before its fault.

    Raises:
        BadInput: keys are unknown or missing, or values are wrong; lists every fault.
    """
    made, faults = read_table(kind, document)
    if faults:
        raise BadInput(f"{name} cannot be used:", [f"{place(fault.key)}{fault}" for fault in faults])
    return cast("T", made)


def reference(kind: type, *, place: str = "", without: Collection[str] = (), called: Callable[[str], str] = str) -> str:
    """Return what each key of a table means, may hold and is by default, as text for a terminal.

    Args:
        kind: the dataclass that declares it.
        place: of the table, with a dot behind it.
        without: keys that are explained elsewhere.
        called: returns the name under which a person writes a key.
    """
    return "\n".join(
        _explained(key, called(f"{place}{key.name}")) for key in keys_of(kind).values() if key.name not in without
    )


def explanation(key: DeclaredKey) -> str:
    """Return what a key means with its unit, as flags and comments say it."""
    return key.means.meaning + (f", in {key.means.unit}" if key.means.unit else "")


def _declared(field: "dataclasses.Field[Any]", hint: Any) -> DeclaredKey:
    required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    kind = kinds_of(hint)[0]
    metadata = (*metadata_of(hint), *metadata_of(kind))
    bare = bare_type(kind)
    many = get_origin(bare) in (tuple, Sequence)
    inner = get_args(bare)[0] if many else bare
    kept = next((one.kind for one in metadata if isinstance(one, Inside)), None)
    return DeclaredKey(
        name=field.name,
        hint=hint,
        means=next((one for one in metadata if isinstance(one, Means)), Means("")),
        required=required,
        default=None if required else _default(field),
        table=kept or (inner if isinstance(inner, type) and dataclasses.is_dataclass(inner) else None),
        many=many,
        kept=kept is not None,
    )


def _default(field: "dataclasses.Field[Any]") -> Any:
    factory = field.default_factory
    return field.default if factory is dataclasses.MISSING else factory()


def _read_value(key: DeclaredKey, value: Any) -> tuple[Any, list[TableFault]]:
    """Return the value as it goes into the object, and its faults as seen from the key."""
    if key.table is None or not _is_table(key, value):
        fitting = value_of(key.hint, value)
        return fitting, [] if fitting is not UNFIT else [TableFault("", complaint(key.hint, value))]
    tables = enumerate(value, start=1) if key.many else [(0, value)]
    made, faults = list[Any](), list[TableFault]()
    for number, table in tables:
        one, found = read_table(key.table, table)
        made.append(one)
        faults += [fault.inside(f"[{number}]." if key.many else ".") for fault in found]
    if key.kept:
        return value, faults
    return tuple(made) if key.many else made[0], faults


def _is_table(key: DeclaredKey, value: Any) -> bool:
    if key.many:
        return isinstance(value, list | tuple) and all(isinstance(one, Mapping) for one in value)
    return isinstance(value, Mapping)


def _no_faults(_table: Mapping[str, Any]) -> Iterator[TableFault]:
    yield from ()


def _unknown(key: str, known: Sequence[str]) -> str:
    if is_secret(key):
        return WRITTEN_KEY
    sentence = "is not a key here"
    if close := closest(key, known):
        return f"{sentence}; did you mean `{close}`?"
    return f"{sentence}; known: {', '.join(known)}" if len(known) <= FEW else sentence


def _explained(key: DeclaredKey, name: str) -> str:
    name += "[]" if key.many and key.table else ""
    sentences = [explanation(key)[:1].upper() + explanation(key)[1:], key.wanted[:1].upper() + key.wanted[1:]]
    if key.required:
        sentences.append("Must be given")
    elif key.default not in (None, "", (), [], {}) and key.table is None:
        sentences.append(f"Default: {_shown(key.default)}")
    if key.means.example is not None:
        sentences.append(f"Example: {_shown(key.means.example)}")
    text = ". ".join(filter(None, sentences)) + "."
    lines = [name, textwrap.fill(text, 96, initial_indent="    ", subsequent_indent="    ")]
    return "\n".join([*lines, *([reference(key.table, place=f"{name}.")] if key.table else [])])


def _shown(value: Any) -> str:
    if isinstance(value, Path) or (isinstance(value, float) and math.isinf(value)):
        return "none" if isinstance(value, float) else str(value)
    return json.dumps(value, ensure_ascii=False)
