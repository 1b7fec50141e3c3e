"""Moderation: decides whether a prompt may be sent and a reply shown. Moderators judge in turn; the first flag decides.

A flag is stored with its categories. Where a moderator cannot be reached, the operator's setting decides: `refuse`
sends and shows nothing that was not checked, `allow` goes on and marks it as unchecked.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

from generation.errors import BackendError, GenerationError

log = logging.getLogger(__name__)

TIMEOUT_S = 4.0


class ModerationOutcome(StrEnum):
    """The outcome of moderation, as the database stores it."""

    OFF = ""
    PASSED = "passed"
    FLAGGED = "flagged"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Ruling:
    """The judgement on a prompt or a reply.

    Attributes:
        outcome: passed, flagged, unchecked, or off.
        moderator: the one that flagged it or could not be reached; empty otherwise.
        categories: the reasons of a flag, in the moderator's words.
        private: the text holds personal data and must not be kept.
    """

    outcome: ModerationOutcome
    moderator: str = ""
    categories: tuple[str, ...] = ()
    private: bool = False


class Moderator(Protocol):
    """Judges prompts and replies."""

    name: str

    async def judge(self, prompt: str, reply: str | None) -> Ruling:
        """Return a ruling on `prompt`, or on the reply to it if one is given: passed or flagged.

        Raises:
            GenerationError: the moderator gave no usable answer.
        """
        ...

    def glance(self, reply: str, *, since: int) -> Ruling:
        """Return a ruling on an unfinished reply, of which the text before `since` was judged already.

        Answers at once. A moderator that would have to send a request returns "passed".
        """
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class Flagged(BackendError):
    """A moderator flagged the reply, so it is not shown."""

    kind: ClassVar[str] = "flagged"


class Unmoderated(BackendError):
    """The reply could not be checked, and unchecked replies are not shown here."""

    kind: ClassVar[str] = "unmoderated"


class Moderation:
    """Asks all moderators. Without any, the outcome is always `OFF`.

    Args:
        moderators: asked in this order.
        when_away: "refuse" or "allow": what to do with text that could not be checked.
        timeout_s: the longest wait for one moderator, in seconds.
    """

    def __init__(
        self, moderators: Sequence[Moderator] = (), *, when_away: str = "refuse", timeout_s: float = TIMEOUT_S
    ) -> None:
        self._moderators = tuple(moderators)
        self.refuses_unchecked = when_away == "refuse"
        self._timeout_s = timeout_s

    async def of_prompt(self, prompt: str) -> Ruling:
        """Return the ruling on a prompt."""
        return await self._ask(prompt, None)

    async def of_reply(self, prompt: str, reply: str) -> Ruling:
        """Return the ruling on a reply."""
        return await self._ask(prompt, reply)

    def glance(self, reply: str, *, since: int) -> Ruling | None:
        """Return the first flag on an unfinished reply by a moderator that answers at once, else None."""
        rulings = (moderator.glance(reply, since=since) for moderator in self._moderators)
        return next((ruling for ruling in rulings if ruling.outcome is ModerationOutcome.FLAGGED), None)

    async def aclose(self) -> None:
        """Close the moderators' connections."""
        for moderator in self._moderators:
            await moderator.aclose()

    async def _ask(self, prompt: str, reply: str | None) -> Ruling:
        result = Ruling(ModerationOutcome.PASSED if self._moderators else ModerationOutcome.OFF)
        for moderator in self._moderators:
            try:
                async with asyncio.timeout(self._timeout_s):
                    ruling = await moderator.judge(prompt, reply)
            except (GenerationError, TimeoutError) as error:
                log.warning("moderator away moderator=%s reason=%s", moderator.name, error or "no answer in time")
                result = Ruling(ModerationOutcome.UNCHECKED, moderator.name)
            else:
                if ruling.outcome is ModerationOutcome.FLAGGED:
                    return ruling
        return result
