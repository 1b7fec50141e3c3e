"""Standings: the current ratings, from the tallies in the database; of all votes or of a selection of them."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from arena.clock import now
from arena.contenders.facts import ContenderFacts, RankedFacts
from arena.db.session import Database
from arena.db.tallies import EVERYTHING, Selection, in_period
from arena.votes.running_tallies import RunningTallies
from leaderboard import Ranking, Tallies, rank

# Number of boards kept in memory. One of 200 contenders takes about three megabytes.
BOARDS_KEPT = 48
# Largest share of time for reading one board, so that requests for it cannot keep the database busy.
SHARE_OF_TIME = 0.05


@dataclass(frozen=True, slots=True)
class StandingsView:
    """The ratings, with what they rest on.

    Attributes:
        tallies: the votes behind the ranking.
        contenders: facts about each contender by slug, candidates left out.
        selection: which votes were counted.
        as_of: when this ranking was computed; the votes have not changed since.
    """

    ranking: Ranking
    tallies: Tallies
    contenders: Mapping[str, ContenderFacts]
    selection: Selection
    as_of: datetime

    @property
    def is_selection(self) -> bool:
        """Whether some votes are left out."""
        return self.selection != EVERYTHING


class Standings:
    """Gives the current standings; looks for new votes at most every `refresh_s` seconds."""

    def __init__(self, database: Database, *, refresh_s: float = 0.0) -> None:
        self.database = database
        self._refresh_s = refresh_s
        self._boards: OrderedDict[Selection, _Board] = OrderedDict()

    async def current(self, selection: Selection = EVERYTHING) -> StandingsView:
        """Return the standings by the selected votes.

        Raises:
            DatabaseUnavailable: the votes cannot be read.
        """
        board = self._boards.get(selection)
        if board is None:
            board = self._boards[selection] = _Board(self.database, selection)
            if len(self._boards) > BOARDS_KEPT:
                self._boards.popitem(last=False)
        self._boards.move_to_end(selection)
        return await board.current(self._refresh_s)


class _Board:
    """The standings of one selection. They are read again when requested, unless the last read is recent."""

    def __init__(self, database: Database, selection: Selection) -> None:
        self._database = database
        self._selection = selection
        self._running = None if selection.since else RunningTallies(selection)
        self._facts = RankedFacts()
        self._view: StandingsView | None = None
        self._due_at = float("-inf")
        self._one_at_a_time = asyncio.Lock()

    async def current(self, refresh_s: float) -> StandingsView:
        async with self._one_at_a_time:
            begun = time.monotonic()
            if self._view is None or begun >= self._due_at:
                self._view = await asyncio.to_thread(self.read)
                done = time.monotonic()
                rest = (done - begun) / SHARE_OF_TIME if self._running is None else 0.0
                self._due_at = begun + max(refresh_s, rest)
            return self._view

    def read(self) -> StandingsView:
        """Read the changes and return the standings; the same object as before if nothing changed."""
        with self._database.reading() as session:
            contenders = self._facts.read(session)
            if self._running:
                tallies = self._running.read(session)
            else:
                tallies = Tallies.from_counts(in_period(session, self._selection))
        before = self._view
        if before and _same(before.tallies, tallies) and before.contenders == contenders:
            return before
        return StandingsView(
            ranking=rank(tallies, contenders=list(contenders), previous=before.ranking if before else None),
            tallies=tallies,
            contenders=contenders,
            selection=self._selection,
            as_of=now(),
        )


def _same(before: Tallies, after: Tallies) -> bool:
    if before is after:
        return True
    return before.contenders == after.contenders and bool((before.counts == after.counts).all())


def standings_of(database: Database) -> StandingsView:
    """Return the standings by all votes, read from the database now.

    Raises:
        DatabaseUnavailable: the votes cannot be read.
    """
    return _Board(database, EVERYTHING).read()


def ranking_of(database: Database, *, at_once: bool = False) -> Ranking:
    """Return the ratings of all contenders. With `at_once` the confidence of the rank sets is for all of them together.

    Raises:
        DatabaseUnavailable: the votes cannot be read.
    """
    view = standings_of(database)
    return rank(view.tallies, contenders=list(view.contenders), at_once=True) if at_once else view.ranking
