"""One view of the board: the ratings from the votes that a reader chose, and the rows in the order chosen."""

from dataclasses import dataclass

from arena.board.observations import Observations
from arena.board.observer import Observer
from arena.board.rows import BY_KEY, BoardRow, rows_of, sorted_rows
from arena.board.standings import Standings, StandingsView
from arena.clock import now
from arena.web.board.query import BEST_FIRST, BoardQuery


@dataclass(frozen=True, slots=True)
class Board:
    """One view of the board, ready to be shown.

    Attributes:
        query: what the reader chose.
        view: the ratings from the chosen votes.
        seen: figures about all answers; None while they are counted for the first time.
        rows: the contenders shown, in the order chosen.
    """

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
