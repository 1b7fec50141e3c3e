"""Autosave: once a second, the text of all unfinished replies is stored in one transaction."""

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

EVERY_S = 1.0  # a crash loses at most the text of this time


class Autosave:
    """Stores unfinished text as long as battles run.

    Args:
        database: where the replies' rows are.
        live: returns the replies that are being written, by the id of their row, or None when no battle runs.
    """

    def __init__(self, database: Database, live: Callable[[], Mapping[int, LiveReply] | None]) -> None:
        self._database = database
        self._live = live
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start storing in the background; does nothing if it runs already."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def aclose(self) -> None:
        """Stop, and wait until the task has ended."""
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
                # No caller awaits this task, so an error would go unnoticed. The next round tries again.
                log.exception("text so far could not be stored replies=%s", len(changed))
            else:
                stored = so_far

    def _store(self, texts: Mapping[int, str]) -> None:
        if not texts:
            return
        with self._database.writing() as session:
            queries.store_texts(session, texts)
