"""Standings: the current ratings, from the tallies in the database."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from arena.battle_record import card_of, now
from arena.battle_view import ContenderCard
from arena.contender_status import ContenderStatus
from arena.db import queries
from arena.db.migrate import open_database
from arena.db.session import Database
from arena.lineage import known
from arena.running_tallies import RunningTallies
from arena.settings import Settings
from leaderboard import Ranking, rank


@dataclass(frozen=True, slots=True)
class StandingsView:
    """The ratings and what to show beside them.

    Attributes:
        cards: who each contender is, by slug.
        statuses: where each contender stands, by slug.
        as_of: when the votes were read.
    """

    ranking: Ranking
    cards: Mapping[str, ContenderCard]
    statuses: Mapping[str, ContenderStatus]
    as_of: datetime


class Standings:
    """Gives the current standings; looks for new votes at most every `refresh_s` seconds."""

    def __init__(self, database: Database, *, refresh_s: float = 0.0) -> None:
        self._database = database
        self._refresh_s = refresh_s
        self._tallies = RunningTallies()
        self._view: StandingsView | None = None
        self._read_at = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def current(self) -> StandingsView:
        """Return the standings.

        Raises:
            DatabaseUnavailable: the votes cannot be read.
        """
        async with self._one_at_a_time:
            if self._view is None or time.monotonic() - self._read_at >= self._refresh_s:
                self._view = await asyncio.to_thread(self.read)
                self._read_at = time.monotonic()
            return self._view

    def read(self) -> StandingsView:
        """Read what changed and return the standings. One call at a time; `current` sees to that.

        Raises:
            DatabaseUnavailable: the votes cannot be read.
        """
        with self._database.reading() as session:
            contenders = queries.ranked_contenders(session)
            everyone = known(queries.all_contenders(session))
            tallies = self._tallies.read(session)
        slugs = [contender.slug for contender in contenders]
        previous = self._view.ranking if self._view else None
        return StandingsView(
            ranking=rank(tallies, contenders=slugs, previous=previous),
            cards={contender.slug: card_of(contender, everyone) for contender in contenders},
            statuses={contender.slug: contender.status for contender in contenders},
            as_of=now(),
        )


def standings_of(database: Database) -> StandingsView:
    """Read the tallies and rank all contenders that are or were in the pool.

    Raises:
        DatabaseUnavailable: the votes cannot be read.
    """
    return Standings(database).read()


def current(settings: Settings) -> Ranking:
    """Return the ratings from the arena's database.

    Raises:
        BadConfiguration, DatabaseUnavailable: it cannot be opened or read.
    """
    database = open_database(settings)
    try:
        return standings_of(database).ranking
    finally:
        database.close()
