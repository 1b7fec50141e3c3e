"""Retention: erases what was kept long enough, every hour while the arena is served.

The texts of battles, of refused prompts, the cookies of voters who stay away, and copies of the database made before an
upgrade each have a period of their own. Votes and measurements stay.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from arena.clock import now
from arena.db.session import Database
from arena.settings import Settings
from arena.voters import queries

BATCH = 200  # battles whose texts are erased in one transaction, for which voters wait
EVERY_S = 3600.0


@dataclass(frozen=True, slots=True)
class Expired:
    """What a round erased: texts of so many battles, refused prompts, cookies of voters, and copies of the database."""

    battles: int
    refused: int
    voters: int
    copies: int

    def __bool__(self) -> bool:
        return bool(self.battles or self.refused or self.voters or self.copies)


class Retention:
    """Enforces the periods of the settings."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings

    def enforce(self) -> Expired:
        """Erase all that is due, and return what was erased.

        Raises:
            DatabaseUnavailable: the rest waits for the next round.
        """
        keep, moment = self._settings, now()
        battles = self._erase_texts(_before(moment, keep.keep_texts_days), voted=True)
        battles += self._erase_texts(_before(moment, keep.keep_unvoted_texts_days), voted=False)
        with self._database.writing() as session:
            refused = queries.erase_refused_prompts(session, until=_before(moment, keep.keep_refused_days))
            voters = queries.forget_voters(session, until=_before(moment, keep.keep_voters_days))
        expired = Expired(battles, refused, voters, self._delete_copies(_before(moment, keep.keep_copies_days)))
        if expired or self._database.is_sqlite:  # there a reader may have been in the way of an erasure's own wiping
            self._database.wipe_freed()
        return expired

    async def round(self) -> Expired:
        """Do as `enforce`, in a thread."""
        return await asyncio.to_thread(self.enforce)

    def _erase_texts(self, until: datetime, *, voted: bool) -> int:
        count = last = 0
        while battles := self._after(last, until, voted=voted):
            with self._database.writing() as session:
                queries.erase_texts(session, battles, at=now())
            last = battles[-1]
            count += len(battles)
        return count

    def _after(self, last: int, until: datetime, *, voted: bool) -> Sequence[int]:
        with self._database.reading() as session:
            return queries.battles_with_old_texts(session, after=last, until=until, voted=voted, limit=BATCH)

    def _delete_copies(self, until: datetime) -> int:
        url = self._database.engine.url
        if not (self._database.is_sqlite and url.database):
            return 0
        file = Path(url.database)
        old = [path for path in file.parent.glob(f"{file.name}.before-*") if path.stat().st_mtime < until.timestamp()]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)


def _before(moment: datetime, days: float) -> datetime:
    """Return the moment so many days before, or the beginning of time for a period that never ends."""
    longest = (moment - datetime.min.replace(tzinfo=moment.tzinfo)).days - 1
    return moment - timedelta(days=min(days, longest))
