"""One campaign as an organiser writes it: a TOML file whose keys are declared here, once.

The check of a file, its reference (`arena campaign new --keys`) and the design that is frozen when the campaign opens
come from `CampaignFile`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from arena.errors import BadConfiguration
from generation.declared_tables import Means, TableFault, build, reference
from generation.toml_tables import parse_toml, places_in, read_toml
from generation.value_rules import FILLED, FROM_0, LINE, NOT_BLANK, PLAIN, Count, NotNegative, Positive, Rule, between

_NAME = Rule(
    "up to 60 of the characters a-z, 0-9, `.`, `_` and `-`, starting with a letter or digit",
    lambda text: bool(re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,59}", text)),
    alone=True,
)
_ALPHA = Rule("above 0 and below 0.5", lambda share: 0 < share < 0.5)
_PART = Rule("above 0 and at most 1", lambda share: 0 < share <= 1)
_REPEATS = Rule("0, or from 0.1 to 0.5", lambda share: share == 0 or 0.1 <= share <= 0.5)
_ADDRESS = Rule("an address that begins with https://", lambda text: text.startswith("https://"), alone=True)

Stopping = Literal["fixed", "obrien-fleming", "pocock"]
CONSENT = (
    "You will read answers of language models side by side and say which is better. Some may be wrong or upsetting. "
    "Your judgements are stored with a random name and may be published; nothing else about you is stored. You may "
    "stop at any time by closing the page."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptsOfCampaign:
    """Which prompts are compared on."""

    file: Annotated[
        Path | None,
        Means(
            "JSONL, CSV, or a file of MT-Bench, AlpacaEval or Self-Instruct's human evaluation; left out, the set that "
            "ships",
            example="prompts.jsonl",
        ),
    ] = None
    name: Annotated[str, _NAME, Means("of the set; left out, the file's", example="our-prompts")] = ""
    version: Annotated[str, LINE, Means("of the set; changed prompts need another", example="2026-11")] = "1"
    licence: Annotated[str, LINE, Means("of the prompts; a published format brings its own", example="CC BY 4.0")] = ""
    source: Annotated[str, LINE, Means("where they come from", example="written by our lab")] = ""
    first: Annotated[Count | None, Means("take only so many, from the beginning", example=100)] = None
    languages: Annotated[tuple[str, ...], FILLED, Means("take only these", example=["Korean"])] = ()
    categories: Annotated[tuple[str, ...], FILLED, Means("take only these", example=["writing"])] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredContender:
    """One of those that are compared."""

    slug: Annotated[str, _NAME, Means("a contender of this arena, or any name with `answers`", example="alpaca-7b")]
    answers: Annotated[
        Path | None,
        Means(
            "JSONL of stored answers (item, text or texts), for what cannot be asked any more", example="davinci.jsonl"
        ),
    ] = None
    data: Annotated[
        Path | None,
        Means(
            "JSON or JSONL that it was trained on; the report says how many prompts are in it", example="alpaca.json"
        ),
    ] = None
    label: Annotated[str, LINE, Means("its name in the report; left out, the arena's", example="Alpaca 7B")] = ""
    licence: Annotated[str, LINE, Means("of its answers; left out, the arena's", example="CC BY-NC 4.0")] = ""
    lineage: Annotated[str, LINE, Means("where it comes from; left out, the arena's", example="LLaMA 7B")] = ""
    aliases: Annotated[tuple[str, ...], FILLED, Means("names by which it may call itself", example=["Alpaca"])] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionItem:
    """An item whose better answer is beyond doubt. Every booklet holds one."""

    prompt: Annotated[str, NOT_BLANK, PLAIN, Means("what is asked", example="How many legs has a spider?")]
    good: Annotated[str, NOT_BLANK, PLAIN, Means("the better answer", example="Eight.")]
    bad: Annotated[str, NOT_BLANK, PLAIN, Means("the worse answer", example="A spider is purple.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRules:
    """How the answers are made."""

    max_usd: Annotated[NotNegative | None, Means("the most that all may cost", unit="US dollars", example=5.0)] = None
    tries: Annotated[Count, Means("requests for one turn before it counts as failed", example=4)] = 4
    concurrency: Annotated[Count, Means("requests at a time, per contender", example=8)] = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What a rater may say besides the verdict."""

    reasons: Annotated[
        tuple[str, ...], FILLED, Means("tags to choose from", example=["incorrect", "harmful", "stereotype"])
    ] = ()
    acceptable: Annotated[bool, Means("of each side: is it acceptable on its own?", example=True)] = False
    confidence: Annotated[bool, Means("how sure: 1 to 3", example=True)] = False
    rationale: Annotated[bool, Means("why, in own words", example=True)] = False
    correction: Annotated[bool, Means("a better answer, written by the rater", example=True)] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterRules:
    """Who judges, and on what terms."""

    consent: Annotated[str, NOT_BLANK, PLAIN, Means("what a rater agrees to before the first item")] = CONSENT
    consent_version: Annotated[str, LINE, Means("raise it with every change of the text", example="2")] = "1"
    instructions: Annotated[str, PLAIN, Means("shown with the consent and above every item", example="Be fair.")] = ""
    open_to_all: Annotated[
        bool, Means("one address lets anybody join, such as participants of Prolific", example=True)
    ] = False
    most_items: Annotated[Count | None, Means("that one rater may judge", example=60)] = None
    reclaim_after_hours: Annotated[
        Positive, Means("what a rater leaves undone so long goes to another", unit="hours", example=2)
    ] = 72.0
    completion_code: Annotated[str, LINE, Means("shown to raters who have finished", example="C1A2B3")] = ""
    completion_url: Annotated[
        str, _ADDRESS, Means("where they go then", example="https://app.prolific.com/submissions/complete?cc=C1A2B3")
    ] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFile:
    """A campaign."""

    name: Annotated[str, _NAME, Means("its name in commands; never changes", example="alpaca-davinci")]
    title: Annotated[str, LINE, Means("what raters and readers see", example="Which answer helps more?")]
    hypothesis: Annotated[
        str, LINE, Means("what you expect, stated before the first judgement", example="Alpaca 7B wins more than half.")
    ]
    primary: Annotated[
        tuple[str, ...],
        Rule("two different slugs", lambda slugs: len(slugs) == 2 == len(set(slugs)), alone=True),
        Means("the pair that the hypothesis is about; left out, the first two", example=["alpaca-7b", "davinci"]),
    ] = ()
    pairs: Annotated[Literal["primary", "all"], Means("which pairs are judged")] = "primary"
    raters_per_item: Annotated[
        Count, Means("raters for an item; even numbers balance the sides exactly", example=5)
    ] = 4
    overlap: Annotated[
        float, _PART, Means("share of the items that so many judge; the others are judged once", example=0.4)
    ] = 1.0
    booklet: Annotated[int, FROM_0, Means("items that a rater gets at a time; 0 is the whole set", example=50)] = 0
    repeats: Annotated[
        float, _REPEATS, Means("share of a booklet that is shown again with the sides reversed", example=0.1)
    ] = 0.1
    alpha: Annotated[float, _ALPHA, Means("chance of a false alarm", example=0.05)] = 0.05
    power: Annotated[float, between(0.5, 0.999), Means("chance to find what there is to find", example=0.8)] = 0.8
    stopping: Annotated[Stopping, Means("`fixed` looks once, at the end; the others spend alpha over `looks`")] = (
        "fixed"
    )
    looks: Annotated[int, between(1, 20), Means("how often the result is tested", example=3)] = 1
    seed: Annotated[int, FROM_0, Means("of sides and orders", example=2023)] = 1
    second_opinions: Annotated[
        Path | None,
        Means("JSONL of a judge's verdicts (item, better, judge), shown after the rater's own", example="judge.jsonl"),
    ] = None
    prompts: Annotated[PromptsOfCampaign, Means("which prompts are compared on")] = PromptsOfCampaign()
    contender: Annotated[tuple[EnteredContender, ...], Means("two or more that are compared")]
    attention: Annotated[tuple[AttentionItem, ...], Means("items that show whether a rater reads")] = ()
    answers: Annotated[AnswerRules, Means("how the answers are made")] = AnswerRules()
    ask: Annotated[Questions, Means("what a rater may say besides the verdict")] = Questions()
    raters: Annotated[RaterRules, Means("who judges, and on what terms")] = RaterRules()

    def faults(self) -> Iterator[TableFault]:
        """Yield what is wrong between the keys."""
        slugs = [one.slug for one in self.contender]
        if len(slugs) < 2:
            yield TableFault("contender", "must be there twice or more: a campaign compares")
        if len(set(slugs)) < len(slugs):
            yield TableFault("contender", "must not name the same slug twice")
        yield from (
            TableFault("primary", f"names `{slug}`, which is no contender here")
            for slug in self.primary
            if slug not in slugs
        )
        if (self.stopping == "fixed") != (self.looks == 1):
            yield TableFault("looks", "must be 1 with `fixed` stopping, and 2 or more with another")

    @property
    def primary_pair(self) -> tuple[str, str]:
        """The pair that the hypothesis is about."""
        first, second = self.primary or [one.slug for one in self.contender][:2]
        return first, second


def read_campaign_file(path: Path) -> tuple[CampaignFile, dict[str, Any]]:
    """Return a campaign and its table, in which paths are absolute.

    Raises:
        BadInput: the file cannot be read, or has faults; each is named with its line and key.
    """
    document = read_toml(path)
    build(CampaignFile, document, name=str(path), place=places_in([(path, document)], {}))
    _check_place(document, path)
    table = _with_absolute_paths(document, path.absolute().parent)
    return campaign_of(table), table


def campaign_of_text(text: str) -> tuple[CampaignFile, dict[str, Any]]:
    """Return a campaign that came through a page. It may not name files of this machine.

    Raises:
        BadInput: the text has faults.
        BadConfiguration: it names a file.
    """
    document = parse_toml(text, name="The text")
    campaign = build(CampaignFile, document, name="The text")
    if named := [key for key, _ in _paths_in(document)]:
        raise BadConfiguration(
            f"A page takes no files: {', '.join(named)}.", hint="Use `arena campaign new FILE` on the machine."
        )
    return campaign, document


def campaign_of(table: Mapping[str, Any]) -> CampaignFile:
    """Return the campaign of a table that was checked when it was stored."""
    return build(CampaignFile, table, name="The campaign")


def example_text() -> str:
    """Return a campaign's file to begin with."""
    return (files("arena.campaigns") / "campaign.example.toml").read_text("utf-8")


def reference_text() -> str:
    """Return the reference of a campaign's file: meaning, allowed values and default of every key."""
    return reference(CampaignFile) + "\n"


def _paths_in(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (key, table) for each path that a document names."""
    tables = [(document, "second_opinions"), (document.get("prompts", {}), "file")]
    tables += [(one, key) for one in document.get("contender", []) for key in ("answers", "data")]
    yield from ((key, table) for table, key in tables if key in table)


def _check_place(document: Mapping[str, Any], path: Path) -> None:
    missing = [
        f"{key}: there is no file {table[key]}"
        for key, table in _paths_in(document)
        if not (path.parent / table[key]).is_file()
    ]
    if missing:
        raise BadConfiguration(f"{path} names files that are not there:", missing, hint="Paths begin at its folder.")


def _with_absolute_paths(document: dict[str, Any], folder: Path) -> dict[str, Any]:
    for key, table in _paths_in(document):
        table[key] = str(folder / table[key])
    return document
