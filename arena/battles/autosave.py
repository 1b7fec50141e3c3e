"""Autosave: once a second, the text of all unfinished replies is stored in one transaction."""

import asyncio
from collections.abc import Callable, Mapping

from arena.battles.race import LiveReply
from arena.battles.rounds import Rounds
from arena.db import queries
from arena.db.session import Database
from arena.db.states import ReplyStatus

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
        self._stored: dict[int, str] = {}
        self.rounds = Rounds("store text so far", self._save, every_s=EVERY_S, over=lambda: live() is None)

    def start(self) -> None:
        """Start storing in the background; does nothing if it runs already."""
        self.rounds.begin()

    async def aclose(self) -> None:
        """Stop, and wait until the task has ended."""
        await self.rounds.aclose()

    async def _save(self) -> None:
        so_far = {
            reply_id: reply.text
            for reply_id, reply in (self._live() or {}).items()
            if reply.status is ReplyStatus.STREAMING and reply.text
        }
        changed = {reply_id: text for reply_id, text in so_far.items() if text != self._stored.get(reply_id)}
        await asyncio.to_thread(self._store, changed)
        self._stored = so_far

    def _store(self, texts: Mapping[int, str]) -> None:
        if not texts:
            return
        with self._database.writing() as session:
            queries.store_texts(session, texts)
