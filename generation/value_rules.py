"""Value rules: conditions on a value of a declared table besides its type, given in the field's annotation."""

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from ipaddress import ip_network
from typing import Annotated, Any

MAX_LINE_CHARS = 400
MAX_TEXT_CHARS = 20_000
SECRETS = {"apikey", "key", "token", "secret", "password", "authorization", "bearer", "apitoken", "accesstoken"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value of the right type must be.

    Attributes:
        words: follow those of the type, such as "from 1" after "a whole number".
        holds: whether a value fits.
        alone: the words say the type too.
        choices: the words that fit, where they are few.
        why: a sentence about a value that does not fit, where the words alone would not help. It never quotes a
            value that may be a secret.
    """

    words: str
    holds: Callable[[Any], bool]
    alone: bool = False
    choices: tuple[str, ...] = ()
    why: Callable[[Any], str] | None = None


# Numbers


def between(lowest: float, highest: float = math.inf) -> Rule:
    """Return the rule of numbers from `lowest` to `highest`."""
    words = f"from {lowest:g} to {highest:g}" if highest < math.inf else f"from {lowest:g}"
    return Rule(words, lambda number: lowest <= number <= highest)


ABOVE_0 = Rule("above 0", lambda number: number > 0)
FROM_0, FROM_1 = between(0), between(1)

Positive = Annotated[float, ABOVE_0]
NotNegative = Annotated[float, FROM_0]
Share = Annotated[float, Rule("from 0 to below 1", lambda number: 0 <= number < 1)]
Count = Annotated[int, FROM_1]


# Words and texts


def one_of(*choices: str) -> Rule:
    """Return the rule of texts that are one of `choices`."""
    return Rule(any_of(choices), lambda text: text in choices, alone=True, choices=choices)


def any_of(choices: Collection[str]) -> str:
    """Return words as a person lists them: "`a`, `b` or `c`"."""
    *others, last = (f"`{choice}`" for choice in choices)
    return f"{', '.join(others)} or {last}" if others else last


def _is_line(text: str) -> bool:
    return bool(text.strip()) and text.isprintable() and len(text) <= MAX_LINE_CHARS


def _is_day(text: str) -> bool:
    try:
        return str(date.fromisoformat(text)) == text
    except ValueError:
        return False


LINE = Rule(f"one line of text, up to {MAX_LINE_CHARS} characters", _is_line, alone=True)
PLAIN = Rule(f"of up to {MAX_TEXT_CHARS} characters", lambda text: "\0" not in text and len(text) <= MAX_TEXT_CHARS)
NOT_BLANK = Rule("that is not blank", lambda text: bool(text.strip()))
FILLED = Rule("that are not empty", lambda texts: all(texts))
DAY = Rule('a date such as "2026-11-21"', _is_day, alone=True)
SHA256 = Rule(
    "a SHA-256, 64 of the characters 0-9 and a-f", lambda text: bool(re.fullmatch("[0-9a-f]{64}", text)), alone=True
)
# Capitals only: people paste the key itself here.
VARIABLE = Rule(
    "the name of an environment variable, in capitals (not the key; not ARENA_…)",
    lambda text: bool(re.fullmatch(r"[A-Z_][A-Z0-9_]*", text)) and not text.startswith("ARENA_"),
    alone=True,
)


# Places in a network: one text, with commas between several


def parts_of(text: str) -> tuple[str, ...]:
    """Return what stands between the commas of a text; nothing of an empty one."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _are(pattern: str) -> Callable[[str], bool]:
    return lambda text: all(re.fullmatch(pattern, part) for part in parts_of(text))


def _are_networks(text: str) -> bool:
    try:
        return all(ip_network(part) for part in parts_of(text))
    except ValueError:
        return False


_NAME = r"([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"({_NAME}|\[[0-9A-Fa-f:.]+\])(:[0-9]{{1,5}})?"
NETWORKS = Rule("addresses or networks such as `10.0.0.0/8`, with commas between them", _are_networks, alone=True)
HOSTS = Rule(
    "names of hosts such as `arena.example.org` or `*.example.org`, with commas between them",
    _are(rf"(\*\.)?{_HOST}"),
    alone=True,
)
ORIGINS = Rule(
    "origins such as `https://www.example.org`, with commas between them, and nothing behind the host",
    _are(rf"https?://(\*\.)?{_HOST}"),
    alone=True,
)
ROOT_PATH = Rule(
    "a path such as `/arena`, with a slash at its beginning and none at its end",
    lambda text: bool(re.fullmatch(r"(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*", text)),
    alone=True,
)


# Secrets

WRITTEN_KEY = "a key must not be written here; name its environment variable in `api_key_env`"


def is_secret(key: str) -> bool:
    """Return whether a key has the name of a secret, which must not be in a file."""
    return re.sub("[^a-z]", "", key.lower()) in SECRETS


def secrets_in(table: Mapping[str, Any]) -> Iterator[str]:
    """Yield the keys of a table and of its sub-tables that have the name of a secret."""
    for key, value in table.items():
        if is_secret(key):
            yield key
        elif isinstance(value, Mapping):
            yield from secrets_in(value)


def fields_without(taken: Collection[str]) -> Rule:
    """Return the rule of tables of further fields for an endpoint: no secrets, and none of those `taken` by us."""

    def why(table: Mapping[str, Any]) -> str:
        ours = sorted(taken & table.keys())
        return f"must not hold {', '.join(ours)}: the arena sets that" if ours else f"must be {words}"

    words = "a table of fields for the endpoint, without keys or passwords"
    return Rule(words, lambda table: not taken & table.keys() and not any(secrets_in(table)), alone=True, why=why)
