"""The board as a reader chose it: ratings by the votes chosen, what was seen besides, and the rows in order."""

from dataclasses import dataclass

from arena.board.observations import Observations
from arena.board.observer import Observer
from arena.board.rows import BY_KEY, BoardRow, rows_of, sorted_rows
from arena.board.standings import Standings, StandingsView
from arena.clock import now
from arena.web.board.query import BEST_FIRST, BoardQuery


@dataclass(frozen=True, slots=True)
class Board:
    """One view of the board, ready to be shown: the ratings by the votes chosen, what was seen besides, the rows."""

    query: BoardQuery
    view: StandingsView
    seen: Observations | None
    rows: list[BoardRow]


async def board_of(query: BoardQuery, standings: Standings, observer: Observer[Observations]) -> Board:
    """Return a view of the board.

    Raises:
        DatabaseUnavailable: the votes cannot be read.
    """
    view = await standings.current(query.selection(now().date()))
    seen = await observer.latest()
    rows = query.shown(rows_of(view, seen))
    if query.sort != BEST_FIRST:
        column = BY_KEY[query.sort.removeprefix("-")]
        rows = sorted_rows(rows, column, falling=column.falling != query.sort.startswith("-"))
    return Board(query, view, seen, rows)
