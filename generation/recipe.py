"""Recipes: what a generation run asks, of whom, what it keeps, and when it stops.

A recipe is a TOML file. What decides which examples come out (`method` to `filters`) is the run's identity and may
not change once the run has begun; what only says how the asking is done (`endpoint`, `stop`, `price`, `expect`) may.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from generation.conversation import Sampling
from generation.instruction_prompts import load_prompt
from generation.number_rules import ABOVE_0, Count, Positive, Rule, Share
from generation.prices import Price, list_price
from generation.toml_tables import build, find_recipe, overlaid, read_toml

RECIPES = Path(__file__).parent / "recipes"
NO_CHANGES: Mapping[str, Any] = MappingProxyType({})
_DECIDING = ("method", "teacher", "sampling", "seed", "prompt", "classification", "instances", "filters")


@dataclass(frozen=True, slots=True)
class Teacher:
    """The language model that writes. `protocol` is "continuation" for base models, which only continue a text."""

    model: str
    protocol: Literal["chat", "continuation"] = "chat"
    system: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms the teacher's answers may be used, for the manifest that travels with them."""

    licence: str = "unknown"
    terms: str = ""


@dataclass(frozen=True, slots=True)
class TaskPrompt:
    """How new tasks are asked for.

    Attributes:
        name: a prompt of `generation/instruction_prompts`.
        tasks: how many tasks the prompt asks for, those it shows included.
        examples: how many tasks it shows.
        machine_examples: how many of those are the run's own earlier output: 0 feeds nothing back (Stanford Alpaca),
            2 of 8 is Self-Instruct.
        window: how far prompts run ahead of what is kept: request n shows what requests up to n - window brought.
            No more requests than this are in flight. Without machine examples it decides nothing.
        structured: ask chat teachers for JSON of a fixed shape. An endpoint that refuses gets the numbered text.
    """

    name: str
    tasks: int
    examples: int
    machine_examples: int = 0
    window: Count = 32
    structured: bool = False

    def faults(self) -> Iterator[str]:
        """Yield what is wrong."""
        if self.examples < 1 or self.tasks <= self.examples:
            yield f"tasks must exceed examples, and examples be at least 1; they are {self.tasks} and {self.examples}"
        if not 0 <= self.machine_examples <= self.examples:
            yield f"machine_examples must be 0 to {self.examples} (examples), not {self.machine_examples}"


@dataclass(frozen=True, slots=True)
class Classification:
    """Self-Instruct's second step: is the task a classification?"""

    prompt: str
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Instances:
    """Self-Instruct's third step: inputs and outputs of a task; for a classification the output comes first."""

    input_first: str
    output_first: str
    sampling: Sampling
    keep: int = 5


@dataclass(frozen=True, slots=True)
class Filters:
    """What is kept: `profile` names the rules, "alpaca" being the published ones, and None its own threshold."""

    profile: Literal["alpaca", "unicode"] = "unicode"
    threshold: Annotated[float, Rule("above 0 and at most 1", lambda score: 0 < score <= 1)] | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the teacher is reached: one or several servers, each with `concurrency` requests at a time.

    Attributes:
        requests_per_minute, tokens_per_minute: limits of each server, where its headers do not tell them.
        first_rest_s: how long a server rests after a failure; every further one doubles it.
        options: go to the backend as they are.
    """

    kind: Literal["openai", "scripted", "vllm"] = "openai"
    urls: tuple[str, ...] = ()
    api_key_env: str | None = None
    concurrency: Count = 8
    requests_per_minute: Positive | None = None
    tokens_per_minute: Positive | None = None
    first_rest_s: Positive = 0.5
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StopRules:
    """When to stop. What counts for the whole run: `target`, `max_cost`, `max_requests`; for one session: `max_hours`.

    Attributes:
        target: kept examples (instructions for Self-Instruct, answered instructions for distilling).
        max_cost: US dollars.
        plateau: stop when less than this share of what the last 50 requests brought was kept.
        barren: stop when this many requests in a row brought no task at all.
    """

    target: Annotated[int, ABOVE_0] = 52_000
    max_cost: Positive | None = None
    max_requests: Annotated[int, ABOVE_0] | None = None
    max_hours: Positive | None = None
    plateau: Share = 0.05
    barren: Annotated[int, ABOVE_0] = 10


@dataclass(frozen=True, slots=True)
class Expectation:
    """What `estimate` assumes before there are answers: low, middle and high where there are three."""

    kept: tuple[float, ...] = (1.0, 1.0, 1.0)
    output_tokens: float = 300.0
    instance_tokens: float = 0.0
    seconds: float = 10.0

    def faults(self) -> Iterator[str]:
        """Yield what is wrong."""
        if len(self.kept) != 3 or min(self.kept) <= 0 or list(self.kept) != sorted(self.kept):
            yield f"kept must be three rising numbers above 0, not {list(self.kept)}"


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole recipe.

    Attributes:
        source: a language of our own seed tasks, or the file of seed tasks or instructions to begin with.
    """

    method: Literal["alpaca", "self_instruct", "distill"]
    teacher: Teacher
    sampling: Sampling
    source: str = "en"
    source_licence: str = "unknown"
    about: str = ""
    seed: int = 42
    prompt: TaskPrompt | None = None
    classification: Classification | None = None
    instances: Instances | None = None
    filters: Filters = field(default_factory=Filters)
    endpoint: Endpoint = field(default_factory=Endpoint)
    stop: StopRules = field(default_factory=StopRules)
    price: Price | None = None
    answers: Terms = field(default_factory=Terms)
    expect: Expectation = field(default_factory=Expectation)

    def faults(self) -> Iterator[str]:
        """Yield what is wrong."""
        needed = {"alpaca": ["prompt"], "self_instruct": ["prompt", "classification", "instances"], "distill": []}
        for table in needed[self.method]:
            if getattr(self, table) is None:
                yield f"[{table}] is missing; method {self.method} needs it"
        if self.endpoint.kind == "openai" and not self.endpoint.urls:
            yield "endpoint.urls is missing; give it or --url"
        if self.stop.max_cost is not None and self.effective_price() is None:
            yield f"stop.max_cost needs a price, and {self.teacher.model} has none: give --price-in and --price-out"

    @property
    def feeds_back(self) -> bool:
        """Whether prompts show what earlier answers brought."""
        return self.prompt is not None and self.prompt.machine_examples > 0

    def identity(self, source: bytes) -> str:
        """Return the hash of all that decides which examples come out, `source` being the tasks it begins with."""
        tables = {name: asdict(self)[name] for name in _DECIDING}
        prompts = [asdict(load_prompt(name)) for name in self.prompt_names]
        text = json.dumps([tables, prompts, hashlib.sha256(source).hexdigest()], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def prompt_names(self) -> tuple[str, ...]:
        """The instruction prompts that the recipe uses."""
        names = [self.prompt.name] if self.prompt else []
        names += [self.classification.prompt] if self.classification else []
        names += [self.instances.input_first, self.instances.output_first] if self.instances else []
        return tuple(names)

    def effective_price(self) -> Price | None:
        """Return the recipe's price, else the list price of its teacher, else None."""
        return self.price or list_price(self.teacher.model)


def recipe_path(name: str) -> Path:
    """Return the file of a recipe that ships, or the file called `name`.

    Raises:
        BadInput: there is neither.
    """
    return find_recipe(name, shipped=RECIPES)


def load_recipe(path: Path, *, changes: Mapping[str, Any] = NO_CHANGES) -> Recipe:
    """Return the recipe in a TOML file, `source` resolved against its folder.

    Args:
        path: the file.
        changes: keys and tables that take the place of the file's; None removes a key.

    Raises:
        BadInput: the file cannot be read or has faults; lists every one.
    """
    recipe = build(Recipe, overlaid(read_toml(path), changes), name=str(path))
    if recipe.source in ("en", "ko"):
        return recipe
    return replace(recipe, source=str(path.parent / recipe.source))
