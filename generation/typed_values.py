"""Typed values: whether a value fits the annotation of a declared key, and words for the values that would."""

import difflib
import math
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from generation.value_rules import Rule, any_of

UNFIT = object()  # stands for a value that does not fit

# The words for a value of this type, and for several.
_WORDS: Mapping[Any, tuple[str, str]] = {
    bool: ("true or false", "true or false"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    str: ("a text", "texts"),
    Path: ("a path", "paths"),
}
_TABLE = ("a table", "tables")


def value_of(hint: Any, value: Any) -> Any:
    """Return `value` as an object has it (a list as a tuple, say), or `UNFIT`."""
    fitting = next((one for kind in kinds_of(hint) if (one := _value_of_kind(kind, value)) is not UNFIT), UNFIT)
    return fitting if fitting is not UNFIT and all(rule.holds(fitting) for rule in _rules(hint)) else UNFIT


def complaint(hint: Any, value: Any) -> str:
    """Return a sentence about a value that does not fit. It quotes numbers only."""
    typed = next((one for kind in kinds_of(hint) if (one := _value_of_kind(kind, value)) is not UNFIT), UNFIT)
    broken = next((rule for rule in _rules(hint) if typed is not UNFIT and not rule.holds(typed)), None)
    if broken and broken.why:
        return broken.why(typed)
    shown = f", not {value}" if type(value) in (int, float) else ""
    close = closest(value, choices_of(hint)) if isinstance(value, str) else ""
    return f"must be {wanted_words(hint)}{shown}" + (f"; did you mean `{close}`?" if close else "")


def wanted_words(hint: Any) -> str:
    """Return what a value must be, such as "a whole number from 1"."""
    rules = _rules(hint)
    if alone := [rule.words for rule in rules if rule.alone]:
        return alone[0]
    return " ".join([" or ".join(map(_words_of_kind, kinds_of(hint))), *(rule.words for rule in rules)])


def choices_of(hint: Any) -> tuple[str, ...]:
    """Return the words that a value may be; nothing where they are not few."""
    of_kinds = (
        choices_of(kind) if get_origin(kind) is Annotated else get_args(kind) if get_origin(kind) is Literal else ()
        for kind in kinds_of(hint)
    )
    return (*(word for words in of_kinds for word in words), *(word for rule in _rules(hint) for word in rule.choices))


def closest(word: object, known: Sequence[str]) -> str:
    """Return the word among `known` that a person may have meant, empty where none is close."""
    return next(iter(difflib.get_close_matches(str(word), known, n=1)), "")


def kinds_of(hint: Any) -> tuple[Any, ...]:
    """Return the types that an annotation allows, None aside. Each may have rules of its own."""
    bare = bare_type(hint)
    if get_origin(bare) not in (Union, types.UnionType):
        return (bare,)
    return tuple(kind for kind in get_args(bare) if kind is not types.NoneType)


def bare_type(hint: Any) -> Any:
    """Return the type of an annotation, without its metadata."""
    return hint.__origin__ if get_origin(hint) is Annotated else hint


def metadata_of(hint: Any) -> tuple[Any, ...]:
    """Return the metadata of an annotation."""
    return hint.__metadata__ if get_origin(hint) is Annotated else ()


def _rules(hint: Any) -> list[Rule]:
    return [one for one in metadata_of(hint) if isinstance(one, Rule)]


def _value_of_kind(kind: Any, value: Any) -> Any:
    """Return `value` as a value of one type, or `UNFIT`."""
    if get_origin(kind) is Annotated:
        return value_of(kind, value)
    arguments = get_args(kind)
    match get_origin(kind) or kind:
        case origin if origin is Literal:
            return value if isinstance(value, str) and value in arguments else UNFIT
        case origin if origin in (tuple, Sequence):
            inner = [value_of(arguments[0], one) for one in value] if isinstance(value, list | tuple) else [UNFIT]
            if any(one is UNFIT for one in inner):
                return UNFIT
            return tuple(inner) if origin is tuple else value
        case origin if origin is Mapping:
            fits = isinstance(value, Mapping) and (
                arguments[1] is Any or all(value_of(arguments[1], one) is not UNFIT for one in value.values())
            )
            return value if fits else UNFIT
        case plain if plain is float:
            # TOML has `inf` and `nan`, and in Python a bool is an int.
            return float(value) if type(value) in (int, float) and math.isfinite(value) else UNFIT
        case plain if plain is Path:
            return Path(value) if isinstance(value, str | Path) else UNFIT
        case plain:
            return value if type(value) is plain else UNFIT


def _words_of_kind(kind: Any) -> str:
    if get_origin(kind) is Annotated:
        return wanted_words(kind)
    arguments = get_args(kind)
    match get_origin(kind) or kind:
        case origin if origin is Literal:
            return any_of(arguments)
        case origin if origin in (tuple, Sequence):
            return f"a list of {_WORDS.get(bare_type(arguments[0]), _TABLE)[1]}"
        case origin if origin is Mapping:
            return _TABLE[0] if arguments[1] is Any else f"a table of {_WORDS[arguments[1]][1]}"
        case plain:
            return _WORDS.get(plain, _TABLE)[0]
