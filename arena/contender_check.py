"""One tiny request to a contender tells whether voters would get an answer, and how soon."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from arena.contenders import Contenders
from arena.db.tables import Contender
from arena.errors import ArenaError
from arena.open_contenders import OpenContender, OpenContenders
from generation.backends import End, Message, Piece, Usage
from generation.backends.limits import limited
from generation.errors import FirstTokenTimeout, GenerationError, TotalTimeout, Unreachable

PROMPT = "Reply with one short sentence: are you ready?"
MAX_TOKENS = 48
AT_ONCE = 16  # a hundred contenders on one server are not asked in the same moment


@dataclass(frozen=True, slots=True)
class Check:
    """How a contender answered.

    Attributes:
        slug: which contender.
        reachable: something answered, be it an error.
        first_token_s: seconds until the first text, or None where none came.
        total_s: seconds until the end, or None where it never came.
        num_pieces: pieces that the text came in; 1 means that the endpoint does not stream.
        finish_reason: the endpoint's word for the end.
        usage: tokens, where the endpoint counts them.
        fault: what is wrong, empty where the contender is fit for battles.
        hint: what to do about it.
    """

    slug: str
    reachable: bool
    first_token_s: float | None = None
    total_s: float | None = None
    num_pieces: int = 0
    finish_reason: str = ""
    usage: Usage | None = None
    fault: str = ""
    hint: str = ""

    @property
    def passed(self) -> bool:
        """Whether the contender is fit for battles."""
        return not self.fault


async def check(contender: Contender, open_contenders: OpenContenders) -> Check:
    """Ask `contender` for a few words and return how it went. A failure is a result, not an exception."""
    probe = _Probe()
    try:
        await probe.ask(open_contenders.get(contender))
    except (ArenaError, GenerationError) as error:
        answered = not isinstance(error, ArenaError | Unreachable | FirstTokenTimeout | TotalTimeout)
        return replace(
            probe.check(contender.slug),
            reachable=answered or probe.num_pieces > 0,
            fault=str(error),
            hint=error.hint or "",
        )
    return probe.check(contender.slug)


async def check_all(contenders: Sequence[Contender], open_contenders: OpenContenders) -> tuple[Check, ...]:
    """Check several contenders at the same time; the results are in their order."""
    places = asyncio.Semaphore(AT_ONCE)

    async def check_one(contender: Contender) -> Check:
        async with places:
            return await check(contender, open_contenders)

    return tuple(await asyncio.gather(*map(check_one, contenders)))


async def activate_checked(
    contenders: Contenders, candidates: Sequence[Contender], open_contenders: OpenContenders
) -> tuple[Check, ...]:
    """Check `candidates`, activate those that pass, and return all checks.

    Raises:
        WrongStatus: one of them is retired.
    """
    checks = await check_all(candidates, open_contenders)
    for done in checks:
        if done.passed:
            contenders.activate(done.slug, f"checked: first token after {done.first_token_s:.2f} s")
    return checks


class _Probe:
    """Counts what comes back."""

    def __init__(self) -> None:
        self.num_pieces = 0
        self._first_token_s: float | None = None
        self._total_s: float | None = None
        self._end: End | None = None

    async def ask(self, opened: OpenContender) -> None:
        system = [Message("system", opened.system_prompt)] if opened.system_prompt else []
        sampling = replace(opened.sampling, max_tokens=min(MAX_TOKENS, opened.sampling.max_tokens))
        started = time.monotonic()
        answer = opened.backend.stream([*system, Message("user", PROMPT)], sampling)
        async with aclosing(limited(answer, opened.limits)) as events:
            async for event in events:
                if isinstance(event, Piece):
                    if self._first_token_s is None:
                        self._first_token_s = time.monotonic() - started
                    self.num_pieces += 1
                else:
                    self._end = event
        self._total_s = time.monotonic() - started

    def check(self, slug: str) -> Check:
        return Check(
            slug,
            reachable=True,
            first_token_s=self._first_token_s,
            total_s=self._total_s,
            num_pieces=self.num_pieces,
            finish_reason=self._end.finish_reason if self._end else "",
            usage=self._end.usage if self._end else None,
        )
