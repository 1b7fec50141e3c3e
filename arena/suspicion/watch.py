"""The watch: in the background, the detectors look again once enough votes have come since the last time.

A look costs more the more votes there are, and each is another chance of a false alarm; so it waits for a share of new
votes and not only for time.
"""

import asyncio
import logging
from typing import TYPE_CHECKING

from arena.battles.rounds import Rounds
from arena.db.session import Database
from arena.suspicion.marks import mark_votes
from arena.suspicion.suspects import LEAST_VOTES, Suspects

if TYPE_CHECKING:
    from datetime import datetime

log = logging.getLogger(__name__)

NEW_SHARE = 0.02
NEW_VOTES = 20  # at least


class Watch:
    """Looks every `every_s` seconds whether there are enough new votes, and if so has the detectors judge them all."""

    def __init__(self, database: Database, *, every_s: float) -> None:
        self._database = database
        self._suspects = Suspects(database)
        self._marked: tuple[datetime, int] | None = None
        self._seen = 0
        self.rounds = Rounds("look for votes that were bought or cast by machines", self.look, every_s=every_s)

    async def look(self) -> None:
        """Mark new votes, look, keep what is found, and say in the log what changed."""
        await asyncio.to_thread(self._look)

    def _look(self) -> None:
        self._marked = mark_votes(self._database, after=self._marked)
        votes = self._suspects.num_votes()
        if votes < max(LEAST_VOTES, self._seen + max(NEW_VOTES, NEW_SHARE * self._seen)):
            return
        found = self._suspects.look()
        changed = self._suspects.keep(found)
        self._seen = votes
        if changed:
            log.warning("the detectors hold votes: %s; `arena votes suspects` tells why", changed)
