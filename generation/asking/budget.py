"""Budget: what a run has spent, what it has reserved for requests in flight, and what it may spend."""

import math
from collections import defaultdict
from dataclasses import dataclass, field

from generation.asking.journal import Answer
from generation.asking.stopping import Reason, Stopped
from generation.conversation import Usage
from generation.prices import Price
from generation.recipe import StopRules


@dataclass(slots=True)
class Spent:
    """The totals of one step's answered requests. `cost` is in US dollars."""

    requests: int = 0
    prompt_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost: float = 0.0

    def add(self, answer: Answer, cost: float) -> None:
        """Count one answer."""
        self.requests += 1
        self.prompt_tokens += answer.usage.prompt_tokens
        self.output_tokens += answer.usage.completion_tokens
        self.cached_tokens += answer.usage.cached_tokens
        self.cost += cost


@dataclass(slots=True)
class Budget:
    """The money, requests and time of a run. Costs are in US dollars, and 0 where no price is known.

    Before a request is sent, the highest cost it can have is reserved. When its answer comes, the cost of the tokens
    that were used replaces the reservation. So a run never exceeds its limit, however many requests are in flight.

    Attributes:
        deadline: when to stop, in seconds of the event loop's clock.
        steps: what was spent on each step of the method.
    """

    rules: StopRules
    price: Price | None
    deadline: float = float("inf")
    steps: defaultdict[str, Spent] = field(default_factory=lambda: defaultdict(Spent))
    reserved: float = 0.0
    in_flight: int = 0

    def highest_cost(self, prompt_tokens: float, max_tokens: int) -> float:
        """Return the highest cost that a request can have. `prompt_tokens` is an estimate, up to 20 % too low."""
        return self.price.cost(Usage(math.ceil(1.2 * prompt_tokens), max_tokens)) if self.price else 0.0

    def expected_output(self, step: str, max_tokens: int) -> float:
        """Return the expected tokens of an answer: the mean of its step, or `max_tokens` before the first answer."""
        spent = self.steps[step]
        return spent.output_tokens / spent.requests if spent.requests else max_tokens

    def admits(self, cost: float, *, now: float) -> bool:
        """Return whether a request of this cost may be sent now; if not, ask again after one in flight ends.

        Raises:
            Stopped: a limit is reached, so it may not be sent in this session.
        """
        rules = self.rules
        if now >= self.deadline:
            raise Stopped(Reason.HOURS, f"The limit of {rules.max_hours:g} hours is reached.")
        if rules.max_requests is not None and self.requests + self.in_flight >= rules.max_requests:
            raise Stopped(Reason.REQUESTS, f"The limit of {rules.max_requests} requests is reached.")
        if rules.max_cost is None or self.cost + self.reserved + cost <= rules.max_cost:
            return True
        if not self.in_flight:
            raise Stopped(
                Reason.COST,
                f"The next request could exceed the limit of ${rules.max_cost:.2f}; ${self.cost:.4f} is spent.",
                hint="Resume with a higher --max-cost.",
            )
        return False

    def reserve(self, cost: float) -> None:
        """Count a request that is being sent."""
        self.reserved += cost
        self.in_flight += 1

    def release(self, cost: float) -> None:
        """Take back the reservation of a request that ended."""
        self.reserved -= cost
        self.in_flight -= 1

    def settle(self, step: str, answer: Answer) -> None:
        """Count an answer and the cost of the tokens that it used."""
        cost = self.price.cost(answer.usage, batch=answer.batch) if self.price else 0.0
        self.steps[step].add(answer, cost)

    @property
    def cost(self) -> float:
        """US dollars spent."""
        return sum(spent.cost for spent in self.steps.values())

    @property
    def requests(self) -> int:
        """Requests answered."""
        return sum(spent.requests for spent in self.steps.values())
