"""The leaderboard: a table of ratings with what they rest on, and what the reader chose of it, all in its address."""

import re
from typing import Any

from arena.board.rows import ALWAYS, BY_DEFAULT, BY_KEY, COLUMNS, Column, columns_of
from arena.board.scale import Scale
from arena.board.standings import StandingsView
from arena.contenders.facts import SIZES
from arena.votes.labels import MODES
from arena.votes.prompt_labels import CATEGORIES, LANGUAGES
from arena.web import texts
from arena.web.board.board import Board
from arena.web.board.plots import PLOTS
from arena.web.board.query import BEST_FIRST, PERIODS, BoardQuery, choices
from leaderboard import Status

# With fewer votes a selection's intervals span most of the board.
TOO_FEW_VOTES = 50
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9._@-]*[a-z0-9_@-])?")
# Where a note lists contenders: in brackets, in backticks, or after a colon at its end.
LISTED = re.compile(r"\([^)]*\)|`[^`]*`|(?<=: ).*(?=\.$)")


def leaderboard_values(board: Board, *, refresh_s: float) -> dict[str, Any]:
    """Return what the template shows."""
    query, view = board.query, board.view
    sorted_by = query.sort.removeprefix("-")
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
        "words_of": lambda name, word: PERIODS[word] if name == "period" else word,
        "hints": _hints(board),
        "notes": [
            _with_labels(note, view) for note in view.ranking.notes if view.ranking.votes or not view.is_selection
        ],
        "scale": Scale.of(row.standing for row in board.rows if row.standing),
        "sorted_by": sorted_by,
        "falling": BY_KEY[sorted_by].falling != query.sort.startswith("-"),
        "sort_address": lambda column: query.address(sort=_next_sort(query, column)),
        "statuses": {status.value: texts.STATUSES[status.value] for status in present},
        "plots": PLOTS,
        "refresh_s": refresh_s,
    }


def _columns(board: Board) -> list[Column]:
    """Return the columns to show; of those that nobody chose only what has a value for somebody."""
    columns = columns_of(board.query.columns)
    if board.query.columns != BY_DEFAULT:
        return columns
    return [column for column in columns if any(column.value(row) is not None for row in board.rows)]


def _filters(view: StandingsView) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return name, label and (value, words) of the filters that have something to choose."""
    facts = view.contenders.values()
    sizes = set(choices(facts, lambda one: one.size))
    values: dict[str, tuple[str, list[str] | tuple[str, ...]]] = {
        "category": ("Category", CATEGORIES),
        "language": ("Language", LANGUAGES),
        "mode": ("Turns", MODES),
        "period": ("Period", tuple(PERIODS)),
        "family": ("Family", choices(facts, lambda one: one.family)),
        "size": ("Size", [size for size in SIZES if size in sizes]),
        "licence": ("Licence", choices(facts, lambda one: one.licence)),
    }
    return [
        (name, label, [(word, PERIODS[word] if name == "period" else word) for word in words])
        for name, (label, words) in values.items()
        if words
    ]


def _hints(board: Board) -> list[str]:
    query, ranking = board.query, board.view.ranking
    hints = []
    if board.view.is_selection and ranking.votes < TOO_FEW_VOTES:
        count = {0: "None of the votes is", 1: "Only one vote is"}.get(
            ranking.votes, f"Only {ranking.votes} of the votes are"
        )
        hints.append(f"{count} in this selection: too few to tell these contenders apart. Remove a filter.")
    if not ranking.votes:
        return hints
    if query.narrows:
        if not board.rows:
            hints.append("No contender is like this. Remove a filter.")
        else:
            hints.append("Some contenders are hidden; ratings and ranks are those among all of them.")
    if query.sort.removeprefix("-") not in {BEST_FIRST, "rating"}:
        hints.append(
            f"Sorted by “{BY_KEY[query.sort.removeprefix('-')].heading}”. Ranks are still those by rating: neighbours "
            "here need not be neighbours there."
        )
    if len(ranking.boards) > 1 and query.sort != BEST_FIRST:
        hints.append("Each board is sorted by itself.")
    if board.seen is None:
        hints.append("What is counted over all answers is being counted; it appears here by itself.")
    return hints


def _next_sort(query: BoardQuery, column: Column) -> str:
    return f"-{column.key}" if query.sort == column.key else column.key


def _with_labels(note: str, view: StandingsView) -> str:
    """Return a note of the ranking, which knows slugs only, with the labels that readers know."""

    def label(found: re.Match[str]) -> str:
        facts = view.contenders.get(found[0])
        return facts.label if facts else found[0]

    return LISTED.sub(lambda names: SLUG.sub(label, names[0]), note)
