"""Autosave: the text of replies so far, stored once a second, all in one transaction."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress

from arena.battles.race import LiveReply
from arena.db import queries
from arena.db.session import Database
from arena.db.states import ReplyStatus
from arena.errors import DatabaseUnavailable

log = logging.getLogger(__name__)

EVERY_S = 1.0  # how much text a crash may cost


class Autosave:
    """Stores text while there is any. `live` gives the replies being written, by row; None once none is."""

    def __init__(self, database: Database, live: Callable[[], Mapping[int, LiveReply] | None]) -> None:
        self._database = database
        self._live = live
        self._task: asyncio.Task[None] | None = None

    def keep(self) -> None:
        """Begin, unless it has begun."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def aclose(self) -> None:
        """Stop."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        stored: dict[int, str] = {}
        while self._live() is not None:
            await asyncio.sleep(EVERY_S)
            so_far = {
                reply_id: reply.text
                for reply_id, reply in (self._live() or {}).items()
                if reply.status is ReplyStatus.STREAMING and reply.text
            }
            changed = {reply_id: text for reply_id, text in so_far.items() if text != stored.get(reply_id)}
            try:
                await asyncio.to_thread(self._store, changed)
            except DatabaseUnavailable:
                log.warning("text so far could not be stored replies=%s", len(changed))
            except Exception:
                # Nothing waits for this task, so nobody else would say it; the next round tries again.
                log.exception("text so far could not be stored replies=%s", len(changed))
            else:
                stored = so_far

    def _store(self, texts: Mapping[int, str]) -> None:
        if not texts:
            return
        with self._database.writing() as session:
            queries.store_texts(session, texts)
