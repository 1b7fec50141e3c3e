"""Rounds: work that is done again and again in the background.

A round that fails is logged and counted, and the next one comes all the same: nothing waits for such work, so nobody
would notice that it has ended.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from arena.errors import DatabaseUnavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Rounds that fail: what for, how many in a row, and the kind of the last failure."""

    name: str
    in_a_row: int
    kind: str


class Rounds:
    """Does `work` every `every_s` seconds, until closed or until `over()`.

    Args:
        name: what the log and the operators call it.
        work: one round.
        every_s: the pause before each round.
        over: asked before each pause; by default there is always a next round.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], Awaitable[object]],
        *,
        every_s: float,
        over: Callable[[], bool] = lambda: False,
    ) -> None:
        self._name = name
        self._work = work
        self._every_s = every_s
        self._over = over
        self._task: asyncio.Task[None] | None = None
        self.trouble: Trouble | None = None

    def begin(self) -> None:
        """Begin, unless it has begun. Must be called inside a running event loop."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def aclose(self) -> None:
        """Stop, also in the middle of a round."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while not self._over():
            await asyncio.sleep(self._every_s)
            try:
                await self._work()
            except Exception as error:
                self._note(error)
            else:
                self._note(None)

    def _note(self, error: Exception | None) -> None:
        """Log the first failure in a row and the end of it: a failure each second must not fill the disk."""
        before, self.trouble = self.trouble, None
        if error:
            in_a_row = before.in_a_row + 1 if before else 1
            self.trouble = Trouble(self._name, in_a_row, type(error).__name__)
        if error and not (before and before.kind == type(error).__name__):
            known = isinstance(error, DatabaseUnavailable)
            log.warning("a round failed, the next will come work=%s: %s", self._name, error, exc_info=not known)
        elif before and not error:
            log.warning("rounds succeed again work=%s failures=%s", self._name, before.in_a_row)
