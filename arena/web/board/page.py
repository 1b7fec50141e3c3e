"""The leaderboard's page: everything that its template shows of one view of the board."""

from collections.abc import Mapping, Sequence
from typing import Any

from arena.board.rows import ALWAYS, BY_DEFAULT, BY_KEY, COLUMNS, BoardRow, Column, columns_of
from arena.board.scale import Scale
from arena.board.standings import StandingsView
from arena.contenders.facts import SIZES
from arena.votes.labels import MODES
from arena.votes.prompt_labels import CATEGORIES, LANGUAGES
from arena.web.board.board import Board
from arena.web.board.plots import PLOTS
from arena.web.board.query import BEST_FIRST, PERIODS, BoardQuery, choices
from arena.web.texts import say, word
from arena.web.texts.notes import all_in_words, note_in_words
from leaderboard import Status

# With fewer votes a selection's intervals span most of the board.
TOO_FEW_VOTES = 50


def leaderboard_values(board: Board, *, refresh_s: float) -> dict[str, Any]:
    """Return the values for `leaderboard.html`. The page asks for news every `refresh_s` seconds."""
    query, view = board.query, board.view
    sorted_by = query.sort.removeprefix("-")
    labels = {slug: facts.label for slug, facts in view.contenders.items()}
    present = [status for status in Status if any(s.status is status for s in view.ranking.standings)]
    return {
        "view": view,
        "query": query,
        "rows": board.rows if view.ranking.votes else [],
        "columns": _columns(board),
        "all_columns": COLUMNS,
        "always": ALWAYS,
        "by_default": BY_DEFAULT,
        "filters": _filters(view),
        "words_of": _filter_in_words,
        "hints": _hints(board),
        "notes": [
            note_in_words(note, labels) for note in view.ranking.notes if view.ranking.votes or not view.is_selection
        ],
        "notes_of": lambda standing: all_in_words(standing.notes),
        "shown_in": _shown_in,
        "scale": Scale.of(row.standing for row in board.rows if row.standing),
        "sorted_by": sorted_by,
        "falling": BY_KEY[sorted_by].falling != query.sort.startswith("-"),
        "sort_address": lambda column: query.address(sort=_next_sort(query, column)),
        "statuses": present,
        "plots": PLOTS,
        "refresh_s": refresh_s,
    }


def _columns(board: Board) -> list[Column]:
    """Return the columns to show. If the reader chose none, a column without any value is left out."""
    columns = columns_of(board.query.columns)
    if board.query.columns != BY_DEFAULT:
        return columns
    return [column for column in columns if any(column.value(row) is not None for row in board.rows)]


def _shown_in(column: Column, row: BoardRow) -> str:
    """Return what a column shows of a row."""
    if column.key == "status":
        return word("statuses", row.standing.status.value if row.standing else "none")
    shown = column.show(row)
    return say("columns.speed.shown", figure=shown) if shown and column.key == "speed" else shown


def _filters(view: StandingsView) -> dict[str, Sequence[str]]:
    """Return the choices of each filter; a filter without choices is left out."""
    facts = view.contenders.values()
    sizes = set(choices(facts, lambda one: one.size))
    values: Mapping[str, Sequence[str]] = {
        "category": CATEGORIES,
        "language": LANGUAGES,
        "mode": MODES,
        "period": PERIODS,
        "family": choices(facts, lambda one: one.family),
        "size": [size for size in SIZES if size in sizes],
        "licence": choices(facts, lambda one: one.licence),
    }
    return {name: words for name, words in values.items() if words}


WORDS = {"category": "categories", "language": "languages", "mode": "modes", "period": "periods", "size": "sizes"}


def _filter_in_words(name: str, value: str) -> str:
    return word(WORDS[name], value) if name in WORDS else value


def _hints(board: Board) -> list[str]:
    query, ranking = board.query, board.view.ranking
    hints = []
    if board.view.is_selection and ranking.votes < TOO_FEW_VOTES:
        hints.append(say("hints.few_votes", count=ranking.votes) if ranking.votes else say("hints.no_votes"))
    if not ranking.votes:
        return hints
    if query.narrows:
        hints.append(say("hints.hidden_rows") if board.rows else say("hints.no_rows"))
    sorted_by = query.sort.removeprefix("-")
    if sorted_by not in {BEST_FIRST, "rating"}:
        hints.append(say("hints.sorted", heading=say(f"columns.{sorted_by}.heading")))
    if len(ranking.boards) > 1 and query.sort != BEST_FIRST:
        hints.append(say("hints.sorted_boards"))
    if board.seen is None:
        hints.append(say("hints.counting"))
    return hints


def _next_sort(query: BoardQuery, column: Column) -> str:
    return f"-{column.key}" if query.sort == column.key else column.key
