"""Estimates: tokens, money and hours of a whole run, before the first request and while it runs.

Before there are answers, prompts are built and their tokens counted; how long the answers will be and how many examples
will be kept is taken from the recipe's expectations. After 20 answers of a step, their averages are used instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean, stdev
from typing import TypeVar

from generation.asking.asking import Request
from generation.asking.budget import Budget, Spent
from generation.candidates.harvest import RECENT, Harvest, Yield
from generation.conversation import Usage
from generation.recipe import GenerationRecipe
from generation.runs.distill import answer_request, load_instructions
from generation.runs.instances import classification_request, instance_request
from generation.runs.self_instruct import task_request
from generation.seed_tasks import load_seed_tasks
from generation.token_counts import count_prompt_tokens

T = TypeVar("T")

_DRY_PROMPTS = 200
_ENOUGH = 20
_TWO_SIDED_95 = 1.96


@dataclass(frozen=True, slots=True)
class StepTokens:
    """What requests of a step take on average, in tokens."""

    prompt_tokens: float
    output_tokens: float
    cached_tokens: float = 0.0


@dataclass(frozen=True, slots=True)
class Planned:
    """What requests of each step will take, before there are answers, and how many tasks the run begins with."""

    loads: Mapping[str, StepTokens]
    tasks: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The totals of a whole run, including what is done already. `hours` is the time that remains.

    Attributes:
        cost: US dollars, None without a price.
        batch_cost: the same through batch files; None where there is none, or earlier output is fed back.
    """

    requests: float
    prompt_tokens: float
    output_tokens: float
    cost: float | None
    batch_cost: float | None
    hours: float


@dataclass(frozen=True, slots=True)
class RunEstimate:
    """Three forecasts: `low` if many examples are kept of each request, `high` if few are."""

    low: Forecast
    middle: Forecast
    high: Forecast


class Estimator:
    """Estimates a run of `recipe` that begins with the tasks in the file `source`."""

    def __init__(self, recipe: GenerationRecipe, source: Path) -> None:
        self._recipe = recipe
        self._source = source

    @cached_property
    def _planned(self) -> Planned:
        # Computed when first needed: it takes a moment, which a session that ends at once should not spend.
        return _plan(self._recipe, self._source)

    def estimate(self, harvest: Harvest, budget: Budget, *, seconds_per_request: float | None = None) -> RunEstimate:
        """Return the estimate at this point of a run. `seconds_per_request`: the mean so far, None before."""
        pace = seconds_per_request or self._expected_pace()
        few, some, much = self._kept_per_request(harvest.yields[-RECENT:])
        low, middle, high = (
            self._forecast(self._to_come(kept, harvest, budget), budget, pace) for kept in (much, some, few)
        )
        return RunEstimate(low, middle, high)

    def _kept_per_request(self, yields: Sequence[Yield]) -> tuple[float, float, float]:
        """Return what is kept of a request for tasks: as the recipe expects, or the mean with its 95 % interval."""
        if len(yields) < _ENOUGH or not any(one.kept for one in yields):
            few, some, much = self._recipe.expect.kept
            return few, some, much
        kept = [one.kept for one in yields]
        mean, error = fmean(kept), _TWO_SIDED_95 * stdev(kept) / len(kept) ** 0.5
        return max(mean - error, mean / 2), mean, mean + error

    def _to_come(self, kept_per_request: float, harvest: Harvest, budget: Budget) -> dict[str, float]:
        """Return how many requests of each step are to come."""
        target = self._recipe.stop.target
        if self._recipe.method == "distill":
            return {"answer": min(self._planned.tasks, target) - budget.steps["answer"].requests}
        missing = max(0, target - len(harvest.kept)) / kept_per_request
        if self._recipe.method == "alpaca":
            return {"task": missing}
        written = harvest.instructions
        return {"task": missing if written is None else 0.0} | {
            step: (target if written is None else written) - budget.steps[step].requests
            for step in ("classification", "instance")
        }

    def _forecast(self, to_come: Mapping[str, float], budget: Budget, pace: float) -> Forecast:
        done = budget.steps
        loads = {step: _load(done[step], self._planned.loads[step]) for step in to_come}
        prompt, output, cached = (
            sum(count * getattr(loads[step], name) for step, count in to_come.items())
            for name in ("prompt_tokens", "output_tokens", "cached_tokens")
        )
        requests = sum(to_come.values())
        usage = Usage(round(prompt), round(output), round(cached))
        price = budget.price
        in_batches = price and price.batch < 1 and not self._recipe.feeds_back
        return Forecast(
            requests=budget.requests + requests,
            prompt_tokens=sum(spent.prompt_tokens for spent in done.values()) + prompt,
            output_tokens=sum(spent.output_tokens for spent in done.values()) + output,
            cost=budget.cost + price.cost(usage) if price else None,
            batch_cost=budget.cost + price.cost(usage, batch=True) if price and in_batches else None,
            hours=max(requests * pace, *self._limited_s(requests, prompt + output)) / 3600,
        )

    def _expected_pace(self) -> float:
        return self._recipe.expect.seconds / (self._recipe.endpoint.concurrency * self._servers)

    @property
    def _servers(self) -> int:
        return max(1, len(self._recipe.endpoint.urls))

    def _limited_s(self, requests: float, tokens: float) -> tuple[float, float]:
        """Return the seconds that the recipe's limits a minute allow at best."""
        endpoint = self._recipe.endpoint
        limits = ((requests, endpoint.requests_per_minute), (tokens, endpoint.tokens_per_minute))
        by_requests, by_tokens = (60 * amount / (limit * self._servers) if limit else 0.0 for amount, limit in limits)
        return by_requests, by_tokens


def _plan(recipe: GenerationRecipe, source: Path) -> Planned:
    """Plan requests of each step and count their tokens."""
    expect = recipe.expect
    if recipe.method == "distill":
        tasks = load_instructions(source)
        asked = [answer_request(recipe, task, number) for number, task in enumerate(_some(tasks))]
        return Planned({"answer": StepTokens(_prompt_tokens(asked), expect.output_tokens)}, len(tasks))
    seeds = load_seed_tasks(source)
    asked = [task_request(recipe, seeds, (), number) for number in range(_DRY_PROMPTS)]
    loads = {"task": StepTokens(_prompt_tokens(asked), expect.output_tokens)}
    if recipe.method == "self_instruct":
        instructions = [seed.instruction for seed in _some(seeds)]
        classify = [classification_request(recipe, text, 0) for text in instructions]
        write = [instance_request(recipe, text, 0, output_first=False) for text in instructions]
        loads["classification"] = StepTokens(_prompt_tokens(classify), 1)
        loads["instance"] = StepTokens(_prompt_tokens(write), expect.instance_tokens)
    return Planned(loads, len(seeds))


def _some(rows: Sequence[T]) -> Sequence[T]:
    return rows[:: max(1, len(rows) // _DRY_PROMPTS)]


def _prompt_tokens(requests: Sequence[Request]) -> float:
    return fmean(count_prompt_tokens((one.structured or one).messages) for one in requests)


def _load(spent: Spent, dry: StepTokens) -> StepTokens:
    """Return what requests of a step took, once there are enough of them, else what is expected."""
    if (requests := spent.requests) < _ENOUGH:
        return dry
    return StepTokens(spent.prompt_tokens / requests, spent.output_tokens / requests, spent.cached_tokens / requests)
