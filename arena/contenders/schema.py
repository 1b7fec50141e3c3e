"""One contender as a maintainer writes it: which keys it has and what each may hold.

The tables of `contenders.toml` and the flags of `arena contenders add` are judged by the same rules.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Any

from generation.backends.addresses import base_url
from generation.backends.opening import open_backend
from generation.errors import BadInput
from generation.prompts import FORMATS

Rule = Callable[[object], str | None]  # what a value must be, or None where it is
Table = Mapping[str, Any]

MAX_LINE_CHARS = 400
MAX_PROMPT_CHARS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ContenderEntry:
    """What the database keeps of a contender, apart from its status. The names are the columns'."""

    slug: str
    label: str
    organisation: str = ""
    licence: str = ""
    lineage: str = ""
    backend: str
    options: Table = field(default_factory=dict)
    sampling: Table = field(default_factory=dict)
    limits: Table = field(default_factory=dict)
    system_prompt: str = ""
    api_key_env: str = ""
    family: str = ""
    base: str = ""
    relation: str = ""
    weight_type: str = ""
    revision: str = ""
    weights_sha256: str = ""
    prompt_format: str = ""
    context_size: int | None = None
    languages: Sequence[str] = field(default_factory=list)
    prices: Table = field(default_factory=dict)
    energy: Table = field(default_factory=dict)
    licences: Sequence[Table] = field(default_factory=list)
    restrictions: str = ""
    hazards: Sequence[str] = field(default_factory=list)
    aliases: Sequence[str] = field(default_factory=list)
    contact: str = ""
    owner: str = ""
    owned_by_operator: bool = False
    research_only_acknowledged: bool = False
    max_concurrent: int | None = None
    usd_per_day: float | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an entry, and at which key (dotted). Holds no value that could be a secret."""

    key: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.key}: {self.sentence}"


def faults_of(table: Table) -> list[Fault]:
    """Return everything that is wrong with a contender's table, as TOML gives it."""
    backend = table.get("backend")
    own = KEYS_OF.get(str(backend))
    required = [*REQUIRED, *REQUIRED_OF.get(str(backend), ())]
    return [
        *(Fault(key, "is missing") for key in required if key not in table),
        *(_faults_of_addresses(table) if backend == "openai" else ()),
        *_faults_in(table, KEYS | (own or {}), strict=own is not None),
        *(_faults_of_script(table) if backend == "scripted" else ()),
        *_faults_in(table.get("sampling"), SAMPLING, inside="sampling."),
        *_faults_in(table.get("limits"), LIMITS, inside="limits."),
        *_faults_of_prices(table.get("prices")),
        *_faults_in(table.get("energy"), ENERGY, inside="energy."),
    ]


def entry_of(table: Table) -> ContenderEntry:
    """Return the entry of a table that has no faults."""
    described = {key: value for key, value in table.items() if key in KEYS}
    options = {key: table[key] for key in table if key not in KEYS}
    if table["backend"] == "openai":
        options.setdefault("model", table["slug"])  # the name under which `arena contenders serve` serves a folder
    return ContenderEntry(**described, options=options)


def alike(name: str) -> str:
    """Return what a reader sees of a name: case, spaces and widths aside."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _faults_in(table: object, rules: Mapping[str, Rule], *, inside: str = "", strict: bool = True) -> Iterator[Fault]:
    for key, value in table.items() if isinstance(table, Mapping) else ():
        if rule := rules.get(key):
            if wanted := rule(value):
                yield Fault(inside + key, f"must be {wanted}")
        elif _is_secret(key):
            yield Fault(inside + key, "a key must not be written here; name its environment variable in `api_key_env`")
        elif strict:
            close = get_close_matches(key, rules, n=1)
            yield Fault(inside + key, "is not a key here" + (f"; did you mean `{close[0]}`?" if close else ""))


def _faults_of_addresses(table: Table) -> Iterator[Fault]:
    if not table.keys() & {"url", "urls", "folder"}:
        yield Fault("url", "is missing; give `url`, `urls` for several servers, or `folder` for what is served here")
    if {"url", "urls"} <= table.keys():
        yield Fault("urls", "must not be given beside `url`")
    if "model" not in table and "folder" not in table:
        yield Fault("model", "is missing")


def _faults_of_script(table: Table) -> Iterator[Fault]:
    try:
        open_backend("scripted", {key: table[key] for key in table if key not in KEYS})
    except BadInput as error:
        for line in error.faults:
            key, _, sentence = line.partition(": ")
            yield Fault(key, sentence)


def _faults_of_prices(prices: object) -> Iterator[Fault]:
    if not isinstance(prices, Mapping):
        return
    yield from _faults_in(prices, PRICES, inside="prices.")
    if ("usd_per_gpu_hour" in prices) == bool({"input", "output"} & prices.keys()):
        yield Fault("prices", "must have either `input` and `output`, or `usd_per_gpu_hour`")
    elif "usd_per_gpu_hour" not in prices:
        yield from (Fault(f"prices.{key}", "is missing") for key in ("input", "output") if key not in prices)
    yield from (Fault(f"prices.{key}", "is missing") for key in ("as_of", "source") if key not in prices)


def _is_secret(key: str) -> bool:
    return re.sub(r"[^a-z]", "", key.lower()) in SECRETS


# What a value may be


def _line(value: object) -> str | None:
    fits = isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= MAX_LINE_CHARS
    return None if fits else f"one line of text, up to {MAX_LINE_CHARS} characters"


def _prompt(value: object) -> str | None:
    fits = isinstance(value, str) and "\0" not in value and len(value) <= MAX_PROMPT_CHARS
    return None if fits else f"a text of up to {MAX_PROMPT_CHARS} characters"


def _slug(value: object) -> str | None:
    fits = isinstance(value, str) and re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,59}", value)
    return None if fits else "up to 60 of the characters a-z, 0-9, `.`, `_` and `-`, starting with a letter or digit"


def _variable(value: object) -> str | None:
    # Capitals only, and nothing echoed: people paste the key itself here.
    fits = isinstance(value, str) and re.fullmatch(r"[A-Z_][A-Z0-9_]*", value) and not value.startswith("ARENA_")
    return None if fits else "the name of an environment variable, in capitals (not the key; not ARENA_…)"


def _url(value: object) -> str | None:
    wanted = "an http:// or https:// address, such as http://127.0.0.1:8000/v1"
    if not isinstance(value, str):
        return wanted
    if re.search(r"[@?#]", value):
        return "an address without user, password, `?…` and `#…`; name a key's variable in `api_key_env`"
    if "/v1/v1" in value:
        return "an address with `/v1` once"
    try:
        base_url(value)
    except ValueError:  # its sentence quotes the value
        return wanted
    return None


def _urls(value: object) -> str | None:
    fits = isinstance(value, list) and value and not any(map(_url, value)) and len({*map(str, value)}) == len(value)
    return None if fits else "a list of http:// or https:// addresses, each once"


def _table(value: object) -> str | None:
    return None if isinstance(value, Mapping) else "a table"


def _flag(value: object) -> str | None:
    return None if isinstance(value, bool) else "true or false"


def _extra(value: object) -> str | None:
    fits = isinstance(value, Mapping) and not any(map(_is_secret, value))
    return None if fits else "a table of fields for the endpoint, without keys or passwords"


def _texts(value: object) -> str | None:
    fits = isinstance(value, list) and all(isinstance(item, str) and item for item in value)
    return None if fits else "a list of texts"


def _one_of(*words: str) -> Rule:
    wanted = " or ".join(f"`{word}`" for word in words)
    return lambda value: None if value in words else wanted


def _number(lowest: float, highest: float = math.inf, *, whole: bool = False, above: bool = False) -> Rule:
    kind = "a whole number" if whole else "a number"
    bounds = f"from {lowest:g} to {highest:g}" if highest < math.inf else f"{'above' if above else 'from'} {lowest:g}"

    def rule(value: object) -> str | None:
        # TOML knows `inf` and `nan`, and Python takes a truth for a number.
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not math.isfinite(value):
            return f"{kind} {bounds}"
        fits = lowest <= value <= highest and not (above and value == lowest)
        return None if fits else f"{kind} {bounds}"

    return rule


def _biases(value: object) -> str | None:
    rule = _number(-100, 100)
    fits = isinstance(value, Mapping) and not any(rule(bias) for bias in value.values())
    return None if fits else "a table of numbers from -100 to 100"


def _hash(value: object) -> str | None:
    fits = isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value)
    return None if fits else "a SHA-256, 64 of the characters 0-9 and a-f"


def _day(value: object) -> str | None:
    try:
        fits = isinstance(value, str) and str(date.fromisoformat(value)) == value
    except ValueError:
        fits = False
    return None if fits else 'a date such as "2026-11-21"'


def _size(value: object) -> str | None:
    rule = _number(0, above=True)
    ends: list[Any] = value if isinstance(value, list) and len(value) == 2 else [value, value]
    fits = not any(map(rule, ends)) and ends[0] <= ends[1]
    return None if fits else "billions of parameters, a number or [lowest, highest]"


def _claims(value: object) -> str | None:
    fits = isinstance(value, list) and all(isinstance(claim, Mapping) and _is_claim(claim) for claim in value)
    wanted = "artefact (" + ", ".join(ARTEFACTS) + "), licence and source, each a text"
    return None if fits else f"a list of tables with {wanted}"


def _is_claim(claim: Table) -> bool:
    whole = claim.keys() == {"artefact", "licence", "source"} and claim["artefact"] in ARTEFACTS
    return whole and not _line(claim["licence"]) and not _line(claim["source"])


ARTEFACTS = ("weights", "adapter", "delta", "data", "code")
RELATIONS = ("finetune", "adapter", "merge", "distilled", "quantized", "pretrained")
KEYS: dict[str, Rule] = {
    "slug": _slug,
    "label": _line,
    "organisation": _line,
    "licence": _line,
    "lineage": _line,
    "backend": _one_of("openai", "numpy", "transformers", "recorded", "scripted"),
    "system_prompt": _prompt,
    "api_key_env": _variable,
    "sampling": _table,
    "limits": _table,
    "family": _line,
    "base": _line,
    "relation": _one_of(*RELATIONS),
    "weight_type": _one_of("original", "adapter", "delta"),
    "revision": _line,
    "weights_sha256": _hash,
    "prompt_format": _one_of(*FORMATS),
    "context_size": _number(1, whole=True),
    "languages": _texts,
    "prices": _table,
    "energy": _table,
    "licences": _claims,
    "restrictions": _line,
    "hazards": _texts,
    "aliases": _texts,
    "contact": _line,
    "owner": _line,
    "owned_by_operator": _flag,
    "research_only_acknowledged": _flag,
    "max_concurrent": _number(1, whole=True),
    "usd_per_day": _number(0),
}
ENDPOINT_KEYS: dict[str, Rule] = {
    "url": _url,
    "urls": _urls,
    "folder": _line,
    "base_folder": _line,
    "model": _line,
    "protocol": _one_of("chat", "completions"),
    "max_tokens_field": _one_of("max_tokens", "max_completion_tokens"),
    "stream_usage": _flag,
    "extra": _extra,
}
FOLDER_KEYS: dict[str, Rule] = {"folder": _line, "base_folder": _line}
CHECKPOINT_KEYS: dict[str, Rule] = {
    **FOLDER_KEYS,
    "device": _one_of("auto", "cpu", "cuda"),
    "dtype": _one_of("auto", "float32", "float16", "bfloat16"),
    "threads": _number(1, whole=True),
    "concurrency": _number(1, whole=True),
    "waiting": _number(1, whole=True),
}
RECORDING_KEYS: dict[str, Rule] = {
    "file": _line,
    "pace": _one_of("natural", "recorded", "at once"),
    "first_token_s": _number(0),
    "tokens_per_s": _number(0),
}
# What a backend is told; a script is judged by the backend itself.
KEYS_OF = {
    "openai": ENDPOINT_KEYS,
    "numpy": FOLDER_KEYS,
    "transformers": CHECKPOINT_KEYS,
    "recorded": RECORDING_KEYS,
}
REQUIRED = ("slug", "label", "backend")
REQUIRED_OF: dict[str, tuple[str, ...]] = {
    "numpy": ("folder",),
    "transformers": ("folder",),
    "recorded": ("file",),
}
SAMPLING: dict[str, Rule] = {
    "max_tokens": _number(1, whole=True),
    "temperature": _number(0),
    "top_p": _number(0, 1),
    "presence_penalty": _number(-2, 2),
    "frequency_penalty": _number(-2, 2),
    "seed": _number(0, whole=True),
    "stop": _texts,
    "logit_bias": _biases,
}
LIMITS: dict[str, Rule] = {
    "first_token_s": _number(0, above=True),
    "between_tokens_s": _number(0, above=True),
    "total_s": _number(0, above=True),
    "max_bytes": _number(1, whole=True),
    "max_tokens": _number(1, whole=True),
}
PRICES: dict[str, Rule] = {
    "input": _number(0),
    "output": _number(0),
    "cached": _number(0),
    "usd_per_gpu_hour": _number(0),
    "gpus": _number(0, above=True),
    "tokens_per_s": _number(0, above=True),
    "as_of": _day,
    "source": _line,
}
ENERGY: dict[str, Rule] = {
    "active_params_b": _size,
    "total_params_b": _size,
    "bits": _number(1, 64),
    "pue": _number(1),
    "source": _line,
}
SECRETS = {"apikey", "key", "token", "secret", "password", "authorization", "bearer", "apitoken", "accesstoken"}
