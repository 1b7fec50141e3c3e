"""Declared tables: a dataclass says which keys a table has, what each may hold and what it means.

A field's annotation is its type, with rules (`generation.value_rules`) and what it `Means`; its default makes it
optional, and a nested dataclass is a sub-table. The check of a file, the object made of it, its reference and the help
of flags all come from there. A dataclass may add two things that no single field can say:

    faults_between(table)   a class method: what is wrong between keys, as the table was written
    faults()                what is wrong with an object whose values are right one by one
"""

import dataclasses
import difflib
import json
import math
import textwrap
import types
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from generation.errors import BadInput
from generation.value_rules import WRITTEN_KEY, Rule, any_of, is_secret

T = TypeVar("T")

FEW = 16  # so many known keys are listed where none is close to the one that is not
NOT_DECLARED = {"declared": False}  # metadata of a field that is no key of the table
_UNFIT = object()


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
        default: what holds where it is left out, if it need not be given.
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
    def wanted(self) -> str:
        """What a value must be, in words."""
        return _wanted(self.hint)

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that it may be; empty where they are not few."""
        return _choices(self.hint)


@cache
def keys_of(kind: type) -> Mapping[str, DeclaredKey]:
    """Return the keys that a dataclass declares, by name."""
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


def reference(kind: type, *, place: str = "", without: Collection[str] = ()) -> str:
    """Return what each key of a table means, may hold and is by default, as text for a terminal.

    Args:
        kind: the dataclass that declares it.
        place: of the table, with a dot behind it.
        without: keys that are explained elsewhere.
    """
    return "\n".join(_explained(key, place) for key in keys_of(kind).values() if key.name not in without)


def explanation(key: DeclaredKey) -> str:
    """Return what a key means with its unit, as flags and comments say it."""
    return key.means.meaning + (f", in {key.means.unit}" if key.means.unit else "")


def _declared(field: "dataclasses.Field[Any]", hint: Any) -> DeclaredKey:
    required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    default = None if required else _default(field)
    base, metadata = _parts(hint)
    (option,) = _options(base)[:1]
    option, inner = _parts(option)
    element = next(iter(get_args(option)), None) if get_origin(option) in (tuple, Sequence) else option
    kept = next((one.kind for one in (*metadata, *inner) if isinstance(one, Inside)), None)
    table = kept or (element if dataclasses.is_dataclass(element) else None)
    means = next((one for one in metadata if isinstance(one, Means)), Means(""))
    many = get_origin(option) in (tuple, Sequence)
    return DeclaredKey(field.name, hint, means, required, default, cast("type | None", table), many, kept is not None)


def _default(field: "dataclasses.Field[Any]") -> Any:
    factory = field.default_factory
    return field.default if factory is dataclasses.MISSING else factory()


def _read_value(key: DeclaredKey, value: Any) -> tuple[Any, list[TableFault]]:
    """Return the value as it goes into the object, and its faults as seen from the key."""
    if key.table is None or not _is_table(key, value):
        taken = _taken(key.hint, value)
        return taken, [] if taken is not _UNFIT else [TableFault("", _complaint(key.hint, value))]
    tables = enumerate(value, start=1) if key.many else [(0, value)]
    made, faults = [], list[TableFault]()
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


def closest(word: object, known: Sequence[str]) -> str:
    """Return the word among `known` that a person may have meant, empty where none is close."""
    return next(iter(difflib.get_close_matches(str(word), known, n=1)), "")


# What a value may be


def _parts(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    return (hint.__origin__, hint.__metadata__) if get_origin(hint) is Annotated else (hint, ())


def _options(base: Any) -> tuple[Any, ...]:
    if get_origin(base) not in (Union, types.UnionType):
        return (base,)
    return tuple(option for option in get_args(base) if option is not types.NoneType)


def _rules(hint: Any) -> list[Rule]:
    return [one for one in _parts(hint)[1] if isinstance(one, Rule)]


def _taken(hint: Any, value: Any) -> Any:
    """Return `value` as a value of `hint`, or `_UNFIT`."""
    base, _ = _parts(hint)
    options = _options(base)
    taken = next((one for option in options if (one := _taken_as(option, value)) is not _UNFIT), _UNFIT)
    return taken if taken is not _UNFIT and all(rule.holds(taken) for rule in _rules(hint)) else _UNFIT


def _taken_as(option: Any, value: Any) -> Any:
    """Return `value` as a value of a type that is no union."""
    if get_origin(option) is Annotated:
        return _taken(option, value)
    arguments = get_args(option)
    match get_origin(option) or option:
        case origin if origin is Literal:
            return value if isinstance(value, str) and value in arguments else _UNFIT
        case origin if origin in (tuple, Sequence):
            taken = [_taken(arguments[0], one) for one in value] if isinstance(value, list | tuple) else [_UNFIT]
            if any(one is _UNFIT for one in taken):
                return _UNFIT
            return tuple(taken) if origin is tuple else value
        case origin if origin is Mapping:
            fits = isinstance(value, Mapping) and (
                arguments[1] is Any or all(_taken(arguments[1], one) is not _UNFIT for one in value.values())
            )
            return value if fits else _UNFIT
        case kind if kind is float:
            # TOML knows `inf` and `nan`, and Python takes a truth for a number.
            return float(value) if type(value) in (int, float) and math.isfinite(value) else _UNFIT
        case kind if kind is Path:
            return Path(value) if isinstance(value, str | Path) else _UNFIT
        case kind:
            return value if type(value) is kind else _UNFIT


def _complaint(hint: Any, value: Any) -> str:
    base, _ = _parts(hint)
    typed = next((one for option in _options(base) if (one := _taken_as(option, value)) is not _UNFIT), _UNFIT)
    broken = next((rule for rule in _rules(hint) if typed is not _UNFIT and not rule.holds(typed)), None)
    if broken and broken.why:
        return broken.why(typed)
    shown = f", not {value}" if type(value) in (int, float) else ""
    close = closest(value, _choices(hint)) if isinstance(value, str) else ""
    return f"must be {_wanted(hint)}{shown}" + (f"; did you mean `{close}`?" if close else "")


def _choices(hint: Any) -> tuple[str, ...]:
    base, _ = _parts(hint)
    options = _options(base)
    words = [word for option in options for word in (get_args(option) if get_origin(option) is Literal else ())]
    inner = [word for option in options if get_origin(option) is Annotated for word in _choices(option)]
    return (*words, *inner, *(word for rule in _rules(hint) for word in rule.choices))


def _wanted(hint: Any) -> str:
    base, _ = _parts(hint)
    rules = _rules(hint)
    if alone := [rule.words for rule in rules if rule.alone]:
        return alone[0]
    typed = " or ".join(map(_wanted_type, _options(base)))
    return " ".join([typed, *(rule.words for rule in rules)])


def _wanted_type(option: Any) -> str:
    if get_origin(option) is Annotated:
        return _wanted(option)
    arguments = get_args(option)
    match get_origin(option) or option:
        case origin if origin is Literal:
            return any_of(arguments)
        case origin if origin in (tuple, Sequence):
            return f"a list of {_WORDS.get(_parts(arguments[0])[0], _TABLE)[1]}"
        case origin if origin is Mapping:
            return _TABLE[0] if arguments[1] is Any else f"a table of {_WORDS[arguments[1]][1]}"
        case kind:
            return _WORDS.get(kind, _TABLE)[0]


# How a message calls a value of this type, and several.
_WORDS: Mapping[Any, tuple[str, str]] = {
    bool: ("true or false", "true or false"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    str: ("a text", "texts"),
    Path: ("a path", "paths"),
}
_TABLE = ("a table", "tables")


def _explained(key: DeclaredKey, place: str) -> str:
    name = f"{place}{key.name}" + ("[]" if key.many and key.table else "")
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
