"""Asking: sends the requests of a run, and saves each answer in the journal before anything uses it.

Retries, pacing, budgets and several servers are handled here. `generation.runs` decides what is asked and what is made
of the answers.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from generation.asking.budget import Budget
from generation.asking.journal import Answer, GivenUp, Journal
from generation.asking.stopping import Reason, Stopped
from generation.conversation import Completion, Message, Sampling, Usage
from generation.errors import (
    BackendError,
    ContentFiltered,
    ContextTooLong,
    GenerationError,
    PromptDeclined,
    QuotaExhausted,
    RateLimited,
    Rejected,
    TooLong,
)
from generation.servers.servers import Server, soonest
from generation.token_counts import count_prompt_tokens, count_tokens

_TRIES = 8
_SHRINK = 0.8
_REJECTIONS = 3


@dataclass(frozen=True, slots=True)
class Structured:
    """The same request, for an endpoint that can answer in JSON that follows `schema`."""

    messages: tuple[Message, ...]
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the teacher. `id` is unique in the run; `shown` names the tasks that the prompt shows."""

    id: str
    messages: tuple[Message, ...]
    sampling: Sampling
    structured: Structured | None = None
    shown: tuple[str, ...] = ()

    @property
    def step(self) -> str:
        """The step of the method that this request belongs to."""
        return step_of(self.id)


def step_of(request: str) -> str:
    """Return the step that a request's id begins with: "task" of "task/12"."""
    return request.partition("/")[0]


class Remedy(Enum):
    """What to do after a failed attempt."""

    RETRY = auto()
    SHRINK = auto()
    PLAIN = auto()
    GIVE_UP = auto()
    STOP = auto()


class Asking:
    """Sends a run's requests to its servers, and records the answers in its journal.

    Attributes:
        answered: how many answers came in this session.
    """

    def __init__(
        self, journal: Journal, servers: Sequence[Server], budget: Budget, *, notify: Callable[[], None] = lambda: None
    ) -> None:
        self.journal = journal
        self.servers = servers
        self.budget = budget
        self.answered = 0
        self._stops: dict[str, Stopped] = {}
        self._notify = notify
        self._queue = asyncio.Lock()
        self._changed = asyncio.Event()
        self._structured_refused = False
        self._rejections = 0
        for request, answer in journal.answers.items():
            budget.settle(step_of(request), answer)

    async def ask(self, request: Request) -> Answer | GivenUp:
        """Return the answer to `request`, from the journal if it is there, else from a server.

        Raises:
            Stopped: the run ends, so the request is not sent. Answers in flight are still saved in the journal.
        """
        known = self.journal.answers.get(request.id)
        if known:
            return known
        failures = 0
        while True:
            plain = request.structured is None or self._structured_refused
            try:
                return await self._try(replace(request, structured=None) if plain else request)
            except BackendError as error:
                failures += not isinstance(error, RateLimited)
                match self._remedy(error, plain=plain, failures=failures):
                    case Remedy.SHRINK:
                        request = _shrunk(request)
                    case Remedy.PLAIN:
                        self._structured_refused = True
                    case Remedy.GIVE_UP:
                        return self._give_up(request, error)
                    case Remedy.STOP:
                        sentence = f"The endpoint refuses, and asking again cannot help: {error}"
                        raise self.stop(Stopped(Reason.REFUSED, sentence, hint=error.hint)) from error
            except GenerationError as error:
                # The journal cannot be written, so further answers would be paid for and lost.
                raise self.stop(Stopped(Reason.FAILURES, str(error), hint=error.hint)) from error

    def stop(self, stopped: Stopped, *, step: str = "") -> Stopped:
        """Send no more requests, of one step or (by default) of all; return the reason that was given first."""
        first = self._stops.setdefault(step, stopped)
        self._wake()
        return first

    @property
    def is_stopped(self) -> bool:
        """Whether no request of any step is sent any more."""
        return "" in self._stops

    @property
    def concurrency(self) -> int:
        """How many requests can be in flight."""
        return sum(server.concurrency for server in self.servers)

    def _remedy(self, error: BackendError, *, plain: bool, failures: int) -> Remedy:
        match error:
            case QuotaExhausted():
                return Remedy.STOP
            case ContextTooLong() | TooLong():
                return Remedy.SHRINK if failures < _TRIES else Remedy.GIVE_UP
            case ContentFiltered() | PromptDeclined():
                return Remedy.GIVE_UP
            case Rejected() if not plain:
                return Remedy.PLAIN
            case Rejected():
                self._rejections += 1
                return Remedy.STOP if not self.answered or self._rejections >= _REJECTIONS else Remedy.GIVE_UP
            case _:
                return Remedy.RETRY if failures < _TRIES else Remedy.GIVE_UP

    def _give_up(self, request: Request, error: BackendError) -> GivenUp:
        self.journal.append("given_up", request=request.id, kind=error.kind, sentence=str(error))
        return GivenUp(error.kind, str(error))

    async def _try(self, request: Request) -> Answer:
        form = request.structured or request
        prompt_tokens = count_prompt_tokens(form.messages)
        cost = self.budget.highest_cost(prompt_tokens, request.sampling.max_tokens)
        server = await self._turn(request, prompt_tokens, cost)
        self.journal.append("asked", request=request.id, shown=list(request.shown), server=server.name)
        try:
            completion = await self._send(server, request)
            answer = Answer(
                text=completion.text,
                finish_reason=completion.finish_reason,
                usage=completion.usage or Usage(round(prompt_tokens), round(count_tokens(completion.text))),
                structured=request.structured is not None,
            )
            self.journal.record_answer(request.id, answer)
        except BackendError as error:
            self.journal.append("failed", request=request.id, kind=error.kind, sentence=str(error)[:500])
            self._check_servers(error)
            raise
        finally:
            self.budget.release(cost)
            self._wake()
        self.budget.settle(request.step, answer)
        self.answered += 1
        self._rejections = 0
        return answer

    async def _turn(self, request: Request, prompt_tokens: float, cost: float) -> Server:
        """Wait until the budget and a server allow the request, first come first served, and count it at both."""
        tokens = prompt_tokens + self.budget.expected_output(request.step, request.sampling.max_tokens)
        async with self._queue:
            while True:
                if stopped := self._stops.get("") or self._stops.get(request.step):
                    raise stopped
                now = asyncio.get_running_loop().time()
                try:
                    admitted = self.budget.admits(cost, now=now)
                except Stopped as stopped:
                    raise self.stop(stopped) from None
                found = soonest(self.servers, tokens, now=now) if admitted else None
                if found and found.delay_s <= 0:
                    found.server.take(tokens, now=now)
                    self.budget.reserve(cost)
                    return found.server
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), found.delay_s if found else None)
                self._changed.clear()

    async def _send(self, server: Server, request: Request) -> Completion:
        form = request.structured
        loop = asyncio.get_running_loop()
        try:
            completion = await server.backend.complete(
                (form or request).messages, request.sampling, schema=form.schema if form else None
            )
        except BackendError as error:
            server.ended_with(error, now=loop.time())
            raise
        except BaseException:
            server.released()
            raise
        server.succeeded(rest_s=server.pace.learn(completion.headers, now=loop.time()), now=loop.time())
        return completion

    def _check_servers(self, error: BackendError) -> None:
        if all(server.is_gone for server in self.servers):
            tries = max(server.outages for server in self.servers)
            raise self.stop(
                Stopped(
                    Reason.FAILURES,
                    f"The endpoint failed {tries} times in a row; the last time: {error}",
                    hint=error.hint or "Resume when it answers again.",
                )
            ) from error

    def _wake(self) -> None:
        self._changed.set()
        self._notify()


def _shrunk(request: Request) -> Request:
    return replace(
        request, sampling=replace(request.sampling, max_tokens=max(1, int(request.sampling.max_tokens * _SHRINK)))
    )
