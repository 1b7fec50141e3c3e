"""Recipes: what a generation run asks, of whom, what it keeps, and when it stops.

A recipe is a TOML file. What decides which examples come out (`method` to `filters`) is the run's identity and may
not change once the run has begun; the rest (`endpoint`, `stop`, `price`, `expect`) may change.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from generation.backends.addresses import ADDRESSES
from generation.backends.options import options_of
from generation.conversation import Sampling
from generation.declared_tables import Means, TableFault, build, faults_of
from generation.instruction_prompts import load_prompt
from generation.prices import Price, list_price
from generation.toml_tables import find_recipe, overlaid, places_in, read_toml
from generation.value_rules import ABOVE_0, FROM_0, Count, Positive, Rule, Share

RECIPES = Path(__file__).parent / "recipes"
NO_CHANGES: Mapping[str, Any] = MappingProxyType({})
_DECIDING = ("method", "teacher", "sampling", "seed", "prompt", "classification", "instances", "filters")


@dataclass(frozen=True, slots=True)
class Teacher:
    """The language model that writes."""

    model: Annotated[str, Means("its name at the endpoint, or the folder of its weights", example="gpt-4.1-mini")]
    protocol: Annotated[
        Literal["chat", "continuation"], Means("`continuation` is for base models, which only continue a text")
    ] = "chat"
    system: Annotated[str, Means("a system message that goes before every request")] = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms the teacher's answers may be used, for the manifest that travels with them."""

    licence: Annotated[str, Means("of the teacher's answers", example="CC BY-NC 4.0")] = "unknown"
    terms: Annotated[str, Means("further terms for those who use them")] = ""


@dataclass(frozen=True, slots=True)
class TaskPrompt:
    """How new tasks are asked for."""

    name: Annotated[str, Means("a prompt of generation/instruction_prompts", example="alpaca_v1")]
    tasks: Annotated[int, Means("tasks that the prompt asks for, those it shows included", example=20)]
    examples: Annotated[Count, Means("tasks that it shows", example=3)]
    machine_examples: Annotated[
        int,
        FROM_0,
        Means("how many of those come from the run's own output: 0 as in Stanford Alpaca, 2 of 8 as in Self-Instruct"),
    ] = 0
    window: Annotated[
        Count,
        Means(
            "how far prompts run ahead: request n can show what requests up to n - window brought, and at most this "
            "many are in flight; has no effect if machine_examples is 0"
        ),
    ] = 32
    structured: Annotated[
        bool,
        Means("ask chat teachers for JSON of a fixed shape; an endpoint that refuses gets the numbered text"),
    ] = False

    def faults(self) -> Iterator[TableFault]:
        """Yield what is wrong between the numbers."""
        if self.tasks <= self.examples:
            yield TableFault("tasks", f"must exceed examples; they are {self.tasks} and {self.examples}")
        if self.machine_examples > self.examples:
            yield TableFault(
                "machine_examples", f"must be 0 to {self.examples} (examples), not {self.machine_examples}"
            )


@dataclass(frozen=True, slots=True)
class Classification:
    """Self-Instruct's second step: is the task a classification?"""

    prompt: Annotated[
        str, Means("a prompt of generation/instruction_prompts", example="self_instruct_classification_v1")
    ]
    sampling: Annotated[Sampling, Means("how its answers are drawn")]


@dataclass(frozen=True, slots=True)
class Instances:
    """Self-Instruct's third step: inputs and outputs of a task; for a classification the output comes first."""

    input_first: Annotated[str, Means("the prompt for tasks that are no classification")]
    output_first: Annotated[str, Means("the prompt for classifications")]
    sampling: Annotated[Sampling, Means("how its answers are drawn")]
    keep: Annotated[int, Means("instances that are kept of one answer")] = 5


@dataclass(frozen=True, slots=True)
class Filters:
    """What is kept."""

    profile: Annotated[
        Literal["alpaca", "unicode"], Means("the rules; `alpaca` are the published ones, for English")
    ] = "unicode"
    threshold: Annotated[
        float | None,
        Rule("above 0 and at most 1", lambda score: 0 < score <= 1),
        Means(
            "a new task that is more similar than this to a kept one is dropped; left out, the profile's own",
            example=0.7,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class TeacherServers:
    """Where the teacher is reached: one or several servers."""

    kind: Annotated[Literal["openai", "scripted", "vllm"], Means("the backend that asks it")] = "openai"
    urls: Annotated[tuple[str, ...], ADDRESSES, Means("its servers", example=["http://127.0.0.1:8000/v1"])] = ()
    api_key_env: Annotated[
        str | None, Means("the environment variable that holds the API key", example="OPENAI_API_KEY")
    ] = None
    concurrency: Annotated[Count, Means("requests at a time at each server")] = 8
    requests_per_minute: Annotated[
        Positive | None, Means("limit of each server, where its headers do not tell it", example=500)
    ] = None
    tokens_per_minute: Annotated[
        Positive | None, Means("limit of each server, where its headers do not tell it", example=200_000)
    ] = None
    first_rest_s: Annotated[
        Positive, Means("rest of a server after a failure, which every further one doubles", unit="seconds")
    ] = 0.5
    options: Annotated[Mapping[str, Any], Means("further options of the backend", example={"stream_usage": True})] = (
        field(default_factory=dict)
    )


@dataclass(frozen=True, slots=True)
class StopRules:
    """When to stop."""

    target: Annotated[
        int, ABOVE_0, Means("kept examples (instructions for Self-Instruct, answered instructions for distilling)")
    ] = 52_000
    max_cost: Annotated[Positive | None, Means("of the whole run", unit="US dollars", example=20)] = None
    max_requests: Annotated[int | None, ABOVE_0, Means("of the whole run", example=10_000)] = None
    max_hours: Annotated[Positive | None, Means("of one session", unit="hours", example=8)] = None
    plateau: Annotated[Share, Means("stop when less than this share of what the last 50 requests brought was kept")] = (
        0.05
    )
    barren: Annotated[int, ABOVE_0, Means("stop when so many requests in a row brought no task at all")] = 10


@dataclass(frozen=True, slots=True)
class Expectation:
    """What `estimate` assumes before there are answers."""

    kept: Annotated[tuple[float, ...], Means("examples kept of a request: low, middle and high")] = (1.0, 1.0, 1.0)
    output_tokens: Annotated[float, Means("of an answer", unit="tokens")] = 300.0
    instance_tokens: Annotated[float, Means("of an answer of the third step", unit="tokens")] = 0.0
    seconds: Annotated[float, Means("until an answer is complete", unit="seconds")] = 10.0

    def faults(self) -> Iterator[TableFault]:
        """Yield what is wrong between the numbers."""
        if len(self.kept) != 3 or min(self.kept) <= 0 or list(self.kept) != sorted(self.kept):
            yield TableFault("kept", f"must be three rising numbers above 0, not {list(self.kept)}")


@dataclass(frozen=True, slots=True)
class GenerationRecipe:
    """A whole recipe."""

    method: Annotated[Literal["alpaca", "self_instruct", "distill"], Means("how tasks are made")]
    teacher: Annotated[Teacher, Means("who writes")]
    sampling: Annotated[Sampling, Means("how its answers are drawn")]
    source: Annotated[
        str, Means("a language of our own seed tasks, or the file of seed tasks or instructions to begin with")
    ] = "en"
    source_licence: Annotated[str, Means("of the seed tasks or instructions")] = "unknown"
    about: Annotated[str, Means("what the recipe is for")] = ""
    seed: Annotated[int, Means("of all draws")] = 42
    prompt: Annotated[TaskPrompt | None, Means("how new tasks are asked for")] = None
    classification: Annotated[Classification | None, Means("Self-Instruct's second step")] = None
    instances: Annotated[Instances | None, Means("Self-Instruct's third step")] = None
    filters: Annotated[Filters, Means("what is kept")] = field(default_factory=Filters)
    endpoint: Annotated[TeacherServers, Means("where the teacher is reached")] = field(default_factory=TeacherServers)
    stop: Annotated[StopRules, Means("when to stop")] = field(default_factory=StopRules)
    price: Annotated[Price | None, Means("what the teacher costs; left out, the list price")] = None
    answers: Annotated[Terms, Means("on what terms the answers may be used")] = field(default_factory=Terms)
    expect: Annotated[Expectation, Means("what `estimate` assumes before there are answers")] = field(
        default_factory=Expectation
    )

    def faults(self) -> Iterator[TableFault]:
        """Yield what is wrong between the tables."""
        needed = {"alpaca": ["prompt"], "self_instruct": ["prompt", "classification", "instances"], "distill": []}
        for table in needed[self.method]:
            if getattr(self, table) is None:
                yield TableFault(table, f"is missing; method {self.method} needs the table [{table}]")
        if self.endpoint.kind == "openai" and not self.endpoint.urls:
            yield TableFault("endpoint.urls", "is missing; give it or --url")
        options = self.backend_options((*self.endpoint.urls, "http://127.0.0.1/v1")[0])
        yield from (fault.inside("endpoint.options.") for fault in faults_of(options_of(self.endpoint.kind), options))
        if self.stop.max_cost is not None and self.effective_price() is None:
            yield TableFault(
                "stop.max_cost", f"needs a price, and {self.teacher.model} has none: give --price-in and --price-out"
            )

    @property
    def feeds_back(self) -> bool:
        """Whether prompts show examples from earlier answers."""
        return self.prompt is not None and self.prompt.machine_examples > 0

    def backend_options(self, url: str) -> dict[str, Any]:
        """Return the options of the backend for the server at `url`."""
        options = dict(self.endpoint.options)
        if self.endpoint.kind != "scripted":
            options |= {"model": self.teacher.model, "protocol": self.teacher.protocol}
        return options | ({"url": url} if self.endpoint.kind == "openai" else {})

    def identity(self, source: bytes) -> str:
        """Return a hash of all that decides which examples come out. `source`: the content of the file of tasks."""
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


def load_recipe(path: Path, *, changes: Mapping[str, Any] = NO_CHANGES) -> GenerationRecipe:
    """Return the recipe in a TOML file, `source` resolved against its folder.

    Args:
        path: the file.
        changes: keys and tables that take the place of the file's; None removes a key.

    Raises:
        BadInput: the file cannot be read or has faults; lists every one.
    """
    document = read_toml(path)
    place = places_in([(path, document)], changes)
    recipe = build(GenerationRecipe, overlaid(document, changes), name=str(path), place=place)
    if recipe.source in ("en", "ko"):
        return recipe
    return replace(recipe, source=str(path.parent / recipe.source))
