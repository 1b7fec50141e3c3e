"""One contender as a maintainer writes it: which keys it has, what each may hold and what it means.

All of this is declared once. The tables of `contenders.toml`, the flags of `arena contenders add`, the printed example
and the reference come from `ContenderEntry` and from the options of its backend (`generation.backends.options`).
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from generation.backends.limits import Limits
from generation.backends.options import options_of
from generation.conversation import Sampling
from generation.declared_tables import NOT_DECLARED, Inside, Means, TableFault, faults_of, keys_of
from generation.prompts import FORMATS
from generation.prompts.templates import ChatTemplate, read_template
from generation.value_rules import (
    DAY,
    FILLED,
    LINE,
    PLAIN,
    SHA256,
    VARIABLE,
    WRITTEN_KEY,
    Count,
    NotNegative,
    Positive,
    Rule,
    between,
    is_secret,
    one_of,
)

Table = Mapping[str, Any]

BACKENDS = ("openai", "vendor", "numpy", "transformers", "recorded", "scripted")
RELATIONS = ("finetune", "adapter", "merge", "distilled", "quantized", "pretrained")
_SERVABLE_AT = "http://127.0.0.1/v1"  # a placeholder for the address that `arena contenders serve` will set
_SLUG = Rule(
    "up to 60 of the characters a-z, 0-9, `.`, `_` and `-`, starting with a letter or digit",
    lambda text: bool(re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,59}", text)),
    alone=True,
)
_SIZE = Rule(
    "billions of parameters, a number or [lowest, highest]",
    lambda size: isinstance(size, float) or (len(size) == 2 and size[0] <= size[1]),
    alone=True,
)
Size = Annotated[Positive | tuple[Positive, ...], _SIZE]


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceClaim:
    """A claim that an artefact has a licence."""

    artefact: Annotated[
        Literal["weights", "adapter", "delta", "data", "code"], Means("what is licensed", example="data")
    ]
    licence: Annotated[str, LINE, Means("its licence", example="CC BY-NC 4.0")]
    source: Annotated[str, LINE, Means("where the licence is stated", example="stanford_alpaca README")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContenderPrices:
    """The price of replies, either by tokens or by hours of a machine."""

    input: Annotated[NotNegative | None, Means("a million input tokens", unit="US dollars", example=0.15)] = None
    output: Annotated[NotNegative | None, Means("a million output tokens", unit="US dollars", example=0.6)] = None
    cached: Annotated[NotNegative | None, Means("a million cached input tokens", unit="US dollars", example=0.075)] = (
        None
    )
    usd_per_gpu_hour: Annotated[
        NotNegative | None, Means("a machine of your own, instead of `input` and `output`", example=3.93)
    ] = None
    gpus: Annotated[Positive | None, Means("number of GPUs", example=1)] = None
    tokens_per_s: Annotated[
        Positive | None, Means("what the machine writes in all, if it serves several replies at a time", example=900)
    ] = None
    as_of: Annotated[str, DAY, Means("the day on which the price was valid", example="2026-11-21")]
    source: Annotated[str, LINE, Means("where it stands", example="invoice of November")]

    @classmethod
    def faults_between(cls, table: Table) -> Iterator[TableFault]:
        """Yield faults in the combination of prices."""
        if ("usd_per_gpu_hour" in table) == bool({"input", "output"} & table.keys()):
            yield TableFault("", "must have either `input` and `output`, or `usd_per_gpu_hour`")
        elif "usd_per_gpu_hour" not in table:
            yield from (TableFault(key, "is missing") for key in ("input", "output") if key not in table)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyAssumptions:
    """The assumptions from which the energy of a reply is estimated."""

    active_params_b: Annotated[
        Size | None,
        Means("parameters that write a token; [7, 13] where only a range is known", unit="billions", example=7),
    ] = None
    total_params_b: Annotated[
        Size | None, Means("all parameters, where they are more", unit="billions", example=[7, 13])
    ] = None
    bits: Annotated[float, between(1, 64), Means("of a weight", example=16)] = 16.0
    pue: Annotated[
        float, between(1), Means("watt-hours that the data centre consumes for each one of its servers", example=1.2)
    ] = 1.2
    source: Annotated[str | None, LINE, Means("where the sizes are stated", example="model card")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedFolder:
    """The folder that `arena contenders serve` serves for an `openai` contender."""

    folder: Annotated[
        str | None,
        LINE,
        Means("instead of `url`: a checkpoint or PEFT adapter to be served here", example="runs/alpaca-lora"),
    ] = None
    base_folder: Annotated[
        str | None, LINE, Means("where an adapter's base lies, if not where it says", example="runs/llama-7b")
    ] = None

    @classmethod
    def of(cls, options: Table) -> "ServedFolder":
        """Return the folder that a contender's options name."""
        return cls(**{key: options[key] for key in keys_of(cls) if key in options})


@dataclass(frozen=True, slots=True, kw_only=True)
class ContenderEntry:
    """A contender as the database stores it, without its status. The names are those of the columns."""

    slug: Annotated[str, _SLUG, Means("its name in commands and exports; never changes", example="alpaca-7b")]
    label: Annotated[str, LINE, Means("its name for voters, after the vote", example="Alpaca 7B")]
    organisation: Annotated[str, LINE, Means("who made it", example="Our lab")] = ""
    licence: Annotated[
        str, LINE, Means("of what is served; claims about each artefact go into `licences`", example="CC BY-NC 4.0")
    ] = ""
    lineage: Annotated[
        str,
        LINE,
        Means(
            "where it comes from, in your own words instead of base and relation", example="fine-tuned from LLaMA 7B"
        ),
    ] = ""
    backend: Annotated[
        str, one_of(*BACKENDS), Means("how it is asked; `openai` is any OpenAI-compatible endpoint", example="openai")
    ]
    options: Table = field(default_factory=dict, metadata=NOT_DECLARED)  # declared by the backend
    sampling: Annotated[Table, Inside(Sampling), Means("how replies are drawn; left out, the endpoint decides")] = (
        field(default_factory=dict)
    )
    limits: Annotated[
        Table, Inside(Limits), Means("a reply that breaks one ends as failed, and the battle is void")
    ] = field(default_factory=dict)
    system_prompt: Annotated[
        str, PLAIN, Means("stands before every conversation", example="You are a helpful assistant.")
    ] = ""
    api_key_env: Annotated[
        str, VARIABLE, Means("the environment variable that holds the API key", example="REFERENCE_API_KEY")
    ] = ""
    key_file: Annotated[
        str,
        LINE,
        Means(
            "instead of `api_key_env`: a file that holds the API key, read again with each request, so that a key can "
            "be changed while the arena runs",
            example="/run/secrets/reference_api_key",
        ),
    ] = ""
    family: Annotated[str, LINE, Means("its family of language models", example="LLaMA")] = ""
    base: Annotated[
        str, LINE, Means("what it was made from: another contender's slug, or any text", example="llama-7b")
    ] = ""
    relation: Annotated[str, one_of(*RELATIONS), Means("how it was made from its base", example="finetune")] = ""
    weight_type: Annotated[
        str, one_of("original", "adapter", "delta"), Means("what its weights are", example="original")
    ] = ""
    revision: Annotated[str, LINE, Means("of the weights", example="2023-03-13")] = ""
    weights_sha256: Annotated[
        str, SHA256, Means("a contender with other weights is another version", example="0123456789abcdef" * 4)
    ] = ""
    prompt_format: Annotated[str, one_of(*FORMATS), Means("how a conversation is written for it", example="alpaca")] = (
        ""
    )
    context_size: Annotated[Count | None, Means("longest conversation", unit="tokens", example=2048)] = None
    languages: Annotated[Sequence[str], FILLED, Means("that it is made for", example=["en"])] = field(
        default_factory=list
    )
    prices: Annotated[
        Table, Inside(ContenderPrices), Means("left out: the dated list in generation/prices.toml, by `model`")
    ] = field(default_factory=dict)
    energy: Annotated[Table, Inside(EnergyAssumptions), Means("left out: no figure is shown")] = field(
        default_factory=dict
    )
    licences: Annotated[
        Sequence[Table],
        Inside(LicenceClaim),
        Means("claims may contradict each other: the strictest binds, all are shown"),
    ] = field(default_factory=list)
    restrictions: Annotated[
        str, LINE, Means("what it must not be used for", example="Not for use that competes with OpenAI.")
    ] = ""
    hazards: Annotated[
        Sequence[str], FILLED, Means("what voters should know of it", example=["Makes facts up fluently."])
    ] = field(default_factory=list)
    aliases: Annotated[
        Sequence[str],
        FILLED,
        Means("other names by which it may call itself; label and family count anyway", example=["Stanford Alpaca"]),
    ] = field(default_factory=list)
    contact: Annotated[str, LINE, Means("whom to ask about it", example="arena@example.org")] = ""
    owner: Annotated[str, LINE, Means("whose it is", example="Our lab")] = ""
    owned_by_operator: Annotated[bool, Means("the operators of this arena also made this contender", example=True)] = (
        False
    )
    research_only_acknowledged: Annotated[
        bool, Means("needed where its licences forbid commerce and the arena is public", example=True)
    ] = False
    max_concurrent: Annotated[
        Count | None,
        Means("replies at a time at its endpoint; the smallest stated there holds", example=8),
    ] = None
    usd_per_day: Annotated[
        NotNegative | None,
        Means("once this is spent, it is not drawn again on that day (UTC)", unit="US dollars", example=5.0),
    ] = None


def contender_faults(table: Table) -> list[TableFault]:
    """Return all faults of a contender's table, as TOML gives it."""
    ours = keys_of(ContenderEntry)
    described = {key: value for key, value in table.items() if key in ours}
    told = {key: value for key, value in table.items() if key not in ours}
    twice = [TableFault("chat_template", "must not be given beside `prompt_format`")]
    return [
        *faults_of(ContenderEntry, described),
        *_faults_of_options(table, told),
        *(twice if {"chat_template", "prompt_format"} <= table.keys() else ()),
    ]


def entry_of(table: Table) -> ContenderEntry:
    """Return the entry of a table that has no faults."""
    ours = keys_of(ContenderEntry)
    described = {key: value for key, value in table.items() if key in ours}
    options = {key: value for key, value in table.items() if key not in ours}
    if table["backend"] == "openai":
        options.setdefault("model", table["slug"])  # the name under which `arena contenders serve` serves a folder
    if isinstance(told := options.get("chat_template"), str) and told.strip():
        # As it is now: a file that has changed makes another version at the next `sync`.
        template = read_template(told)
        options = _special_tokens(template, table["backend"]) | options | {"chat_template": template.text}
    return ContenderEntry(**described, options=options)


def _special_tokens(template: ChatTemplate, backend: str) -> dict[str, Any]:
    """Return those that an endpoint's prompts need and its template brings; other backends have a tokenizer."""
    found = {"bos_token": template.bos_token, "eos_token": template.eos_token} if backend == "openai" else {}
    return {name: text for name, text in found.items() if text}


def declared_for(backend: str) -> tuple[type, ...]:
    """Return the dataclasses that declare what a contender of this backend may hold beside `ContenderEntry`."""
    return (ServedFolder, options_of(backend)) if backend == "openai" else (options_of(backend),)


def alike(name: str) -> str:
    """Return a key that is equal for names that look alike: without case, spaces and widths."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _faults_of_options(table: Table, told: Table) -> list[TableFault]:
    """Return the faults of the backend's options; the backend checks them again when it is opened."""
    backend, ours = table.get("backend"), [*keys_of(ContenderEntry)]
    if backend not in BACKENDS:
        return [TableFault(key, WRITTEN_KEY) for key in told if is_secret(key)]
    if backend != "openai":
        return faults_of(options_of(str(backend)), told, also=ours)
    served = {key: told[key] for key in keys_of(ServedFolder) if key in told}
    asked = {key: value for key, value in told.items() if key not in served}
    missing = []
    if not asked.keys() & {"url", "urls"}:
        asked["url"] = _SERVABLE_AT
        if "folder" not in served:
            wanted = "give `url`, `urls` for several servers, or `folder` for what is served here"
            missing.append(TableFault("url", f"is missing; {wanted}"))
    if "folder" in served:
        asked.setdefault("model", "its slug")
    also = [*ours, *keys_of(ServedFolder)]
    return [*missing, *faults_of(ServedFolder, served), *faults_of(options_of("openai"), asked, also=also)]
