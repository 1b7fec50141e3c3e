"""Moderation: whether a prompt may be sent and a reply be shown. Moderators are asked in turn; the first flag counts.

What is flagged is stored with its categories. Where a moderator cannot be reached, the operator's choice decides:
`refuse` sends and shows nothing that was not checked, `allow` goes on and marks it as unchecked.
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
    """How moderation went; the words are stored."""

    OFF = ""
    PASSED = "passed"
    FLAGGED = "flagged"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What moderation says of a prompt or a reply.

    Attributes:
        outcome: how it went.
        moderator: who flagged it, or could not be reached.
        categories: what it was flagged for, in the moderator's words.
        private: what was found is personal, so its text must not be kept.
    """

    outcome: ModerationOutcome
    moderator: str = ""
    categories: tuple[str, ...] = ()
    private: bool = False


class Moderator(Protocol):
    """Finds what must not be sent or shown."""

    name: str

    async def judge(self, prompt: str, reply: str | None) -> Ruling:
        """Judge a prompt, or the reply to it: passed or flagged.

        Raises:
            GenerationError: the moderator gave no answer that can be used.
        """
        ...

    def glance(self, reply: str, *, since: int) -> Ruling:
        """Judge what a reply that is being written says from `since` on, at once. Who has to ask lets it pass."""
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...


class Flagged(BackendError):
    """Moderation flagged the reply, so it is not shown."""

    kind: ClassVar[str] = "flagged"


class Unmoderated(BackendError):
    """The reply could not be checked, and unchecked replies are not shown here."""

    kind: ClassVar[str] = "unmoderated"


class Moderation:
    """Asks the moderators. With none of them everything passes as unmoderated.

    Args:
        moderators: asked in this order.
        when_away: "refuse" or "allow" what could not be checked.
        timeout_s: the longest wait for one of them.
    """

    def __init__(
        self, moderators: Sequence[Moderator] = (), *, when_away: str = "refuse", timeout_s: float = TIMEOUT_S
    ) -> None:
        self._moderators = tuple(moderators)
        self.refuses_unchecked = when_away == "refuse"
        self._timeout_s = timeout_s

    async def of_prompt(self, prompt: str) -> Ruling:
        """Return what the moderators say of a prompt."""
        return await self._ask(prompt, None)

    async def of_reply(self, prompt: str, reply: str) -> Ruling:
        """Return what the moderators say of a reply."""
        return await self._ask(prompt, reply)

    def glance(self, reply: str, *, since: int) -> Ruling | None:
        """Return the flag, if any, of those who can judge the latest text of a reply at once."""
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
