"""Runs queries that read every vote in the background. A page gets the last result, and states its age."""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from arena.db.session import Database
from arena.errors import DatabaseUnavailable

log = logging.getLogger(__name__)

SHARE_OF_TIME = 0.02  # the largest share of time that looks may take
OLD_AFTER_S = 30.0

Seen = TypeVar("Seen")


class Observer(Generic[Seen]):
    """Gives the result of the last look at once, and looks again in the background when it is old.

    Args:
        database: passed to `look`.
        look: reads the database and returns the result; runs in a thread.
    """

    def __init__(self, database: Database, look: Callable[[Database], Seen]) -> None:
        self._database = database
        self._look = look
        self._last: Seen | None = None
        self._due_at = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    async def latest(self, *, patience_s: float = 1.0) -> Seen | None:
        """Return the result of the last look, or None if the first one takes longer than `patience_s` seconds."""
        if self._looking is None and time.monotonic() >= self._due_at:
            self._looking = asyncio.create_task(self._look_again())
        if self._last is None and self._looking:
            await asyncio.wait([self._looking], timeout=patience_s)
        return self._last

    async def _look_again(self) -> None:
        begun = time.monotonic()
        try:
            self._last = await asyncio.to_thread(self._look, self._database)
        except DatabaseUnavailable:
            log.warning("the arena could not be observed: the database does not answer")
        except Exception:
            # No caller awaits this task, so an error would go unnoticed.
            log.exception("the arena could not be observed")
        finally:
            took = time.monotonic() - begun
            self._due_at = time.monotonic() + max(OLD_AFTER_S, took / SHARE_OF_TIME)
            self._looking = None
