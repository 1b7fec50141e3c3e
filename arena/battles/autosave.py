"""Autosave: the text of replies so far, stored once a second, all in one transaction."""

import asyncio
from collections.abc import Callable, Mapping

from arena.battles.race import LiveReply
from arena.battles.rounds import Rounds
from arena.db import queries
from arena.db.session import Database
from arena.db.states import ReplyStatus

EVERY_S = 1.0  # how much text a crash may cost


class Autosave:
    """Stores text while there is any. `live` gives the replies being written, by row; None once none is."""

    def __init__(self, database: Database, live: Callable[[], Mapping[int, LiveReply] | None]) -> None:
        self._database = database
        self._live = live
        self._stored: dict[int, str] = {}
        self.rounds = Rounds("store text so far", self._save, every_s=EVERY_S, over=lambda: live() is None)

    def keep(self) -> None:
        """Begin, unless it has begun."""
        self.rounds.begin()

    async def aclose(self) -> None:
        """Stop."""
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
