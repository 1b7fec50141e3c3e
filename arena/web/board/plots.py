"""The plots of a board, as figures for Plotly. They hold no colours; the page adds its own (`board.js`).

A point's `customdata` is the address that a click on it leads to. The names on the axes are links.
"""

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import Any
from urllib.parse import urlencode

from arena.board.comparisons import win_chances
from arena.board.pareto import pareto
from arena.board.rows import BoardRow
from arena.web.board.board import Board
from arena.web.root import rooted
from arena.web.texts import say, word
from arena.web.texts.notes import effects_in_words, without_a_number

Figure = dict[str, Any]
PLOTS = ("ratings", "wins", "battles", "time", "cost", "speed", "style", "categories")
ROW_PX = 26
AROUND_PX = 150
LABEL_PX = 18
LABEL_CHARS = 30
# With more contenders than this, a plot that has no row for each does not name them all.
NAMED = 25
# More lines than this cannot be told apart. A reader can filter for other contenders.
LINES = 12


def figure(name: str, board: Board) -> Figure:
    """Return a plot of a board, one of `PLOTS`: `data` and `layout` for Plotly, and `about`, what it shows.

    `data` is empty where there is nothing to plot; `about` then says why.
    """
    of_rows: dict[str, Callable[[list[BoardRow]], Figure]] = {
        "ratings": _ratings,
        "wins": _wins,
        "cost": _cost,
        "speed": _speed,
    }
    of_board: dict[str, Callable[[Board, list[BoardRow]], Figure]] = {
        "battles": _battles,
        "time": _time,
        "style": _style,
        "categories": _categories,
    }
    # Ratings of different boards cannot be compared, so a plot shows one board: the largest in view.
    rows = [row for row in board.rows if row.standing]
    largest = min((row.standing.component for row in rows if row.standing), default=0)
    rows = [row for row in rows if row.standing and row.standing.component == largest]
    return of_rows[name](rows) if name in of_rows else of_board[name](board, rows)


def _ratings(rows: list[BoardRow]) -> Figure:
    rows = sorted(rows, key=lambda row: row.standing.rating if row.standing else 0.0)  # Plotly counts from below
    standings = [row.standing for row in rows if row.standing]
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": [s.rating for s in standings],
        "y": [row.facts.slug for row in rows],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [s.upper - s.rating for s in standings],
            "arrayminus": [s.rating - s.lower for s in standings],
        },
        "text": [
            say("plot.interval", label=_label(r), rating=s.rating, lower=s.lower, upper=s.upper)
            for r, s in zip(rows, standings, strict=True)
        ],
        "hovertemplate": "%{text}<extra></extra>",
        "customdata": [_page(row) for row in rows],
        "marker": {"size": 10},
    }
    names = _names(rows) | {"range": [-0.7, len(rows) - 0.3]}
    layout = {"xaxis": {"title": {"text": say("plot.rating")}}, "yaxis": names, "height": _height(rows)}
    return _figure([points], layout, say("plot.about_ratings"))


def _wins(rows: list[BoardRow]) -> Figure:
    chance = win_chances([row.standing.rating for row in rows if row.standing])
    text = [["" if i == j else f"{chance[i, j]:.0%}" for j in range(len(rows))] for i in range(len(rows))]
    values: list[list[float | None]] = [
        [None if i == j else float(chance[i, j]) for j in range(len(rows))] for i in range(len(rows))
    ]
    about = say("plot.about_wins")
    return _matrix(rows, values, text, about, path="/compare", scale=(0.0, 1.0))


def _battles(board: Board, rows: list[BoardRow]) -> Figure:
    counts = board.view.tallies.among([row.facts.slug for row in rows]).counted.battles
    values: list[list[float | None]] = [
        [None if i == j else float(counts[i, j]) for j in range(len(rows))] for i in range(len(rows))
    ]
    text = [["" if value is None else f"{value:.0f}" for value in line] for line in values]
    return _matrix(rows, values, text, say("plot.about_battles"), path="/battles")


def _matrix(
    rows: Sequence[BoardRow],
    values: list[list[float | None]],
    text: list[list[str]],
    about: str,
    *,
    path: str,
    scale: tuple[float, float] | None = None,
) -> Figure:
    slugs = [row.facts.slug for row in rows]
    crowded = len(rows) > NAMED
    heat = {
        "type": "heatmap",
        "x": slugs,
        "y": slugs,
        "z": values,
        "text": text,
        "texttemplate": "%{text}" if len(rows) <= 16 else "",
        "hovertext": [
            [
                say("plot.two", first=_label(row), second=_label(column), figure=text[i][j])
                for j, column in enumerate(rows)
            ]
            for i, row in enumerate(rows)
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "customdata": [[None if row is column else _of_two(path, row, column) for column in rows] for row in rows],
        "showscale": False,
        "xgap": int(not crowded),
        "ygap": int(not crowded),
    }
    if scale:
        heat |= {"zmin": scale[0], "zmax": scale[1], "zmid": sum(scale) / 2}
    layout = {
        # Columns stand in the order of the rows; a pointer on a cell still names both.
        "xaxis": _names(rows) | {"side": "top", "tickangle": -45, "showticklabels": not crowded},
        "yaxis": _names(rows) | {"autorange": "reversed"},
        "height": _height(rows) + 60,
    }
    return _figure([heat], layout, about)


def _time(board: Board, rows: list[BoardRow]) -> Figure:
    moments = board.seen.history if board.seen else ()
    if len(moments) < 2:
        return _figure([], {}, say("plot.no_time"))
    lines = []
    for row in rows[:LINES]:
        path = [
            (moment.day.isoformat(), standing)
            for moment in moments
            for standing in moment.ranking.standings
            if standing.contender == row.facts.slug and standing.component == 0
        ]
        lines.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": _label(row),
                "x": [day for day, _ in path],
                "y": [round(standing.rating, 1) for _, standing in path],
                "text": [say("plot.range", lower=s.lower, upper=s.upper) for _, s in path],
                "hovertemplate": "%{y:.0f} (%{text})",
                "customdata": [_page(row)] * len(path),
            }
        )
    layout = {
        "yaxis": {"title": {"text": say("plot.rating")}},
        "hovermode": "x",
        "height": 480,
        "legend": _LEGEND_BELOW,
    }
    about = say("plot.about_time")
    if len(rows) > LINES:
        about = say("plot.about_time_first", about=about, lines=LINES)
    return _figure(lines, layout, about)


def _cost(rows: list[BoardRow]) -> Figure:
    about = say("plot.about_cost")
    return _against(rows, lambda row: row.activity.usd_per_1k, say("plot.usd"), about, less_is_better=True)


def _speed(rows: list[BoardRow]) -> Figure:
    about = say("plot.about_speed")
    return _against(rows, lambda row: row.activity.speed, say("plot.speed"), about, less_is_better=False)


def _against(
    rows: list[BoardRow], read: Callable[[BoardRow], float | None], title: str, about: str, *, less_is_better: bool
) -> Figure:
    # Means of one price may differ in their last digits, so they are rounded before they are compared.
    known = [(float(f"{value:.6g}"), row.standing, row) for row in rows if row.standing and (value := read(row))]
    if not known:
        return _figure([], {}, say("plot.unknown", title=title))
    best = pareto([(value, standing.rating) for value, standing, _ in known], less_is_better=less_is_better)
    points = {
        "type": "scatter",
        "mode": "markers+text",
        "x": [value for value, *_ in known],
        "y": [standing.rating for _, standing, _ in known],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [s.upper - s.rating for _, s, _ in known],
            "arrayminus": [s.rating - s.lower for _, s, _ in known],
        },
        "text": [
            _label(row) if len(known) <= NAMED or (value, standing.rating) in best else ""
            for value, standing, row in known
        ],
        "textposition": "top center",
        "hovertext": [_label(row) for *_, row in known],
        "hovertemplate": "%{hovertext}: %{y:.0f}, %{x:.3g}<extra></extra>",
        "customdata": [_page(row) for *_, row in known],
        "marker": {"size": 10},
        "cliponaxis": False,
    }
    line = {
        "type": "scatter",
        "mode": "lines",
        "x": [value for value, _ in best],
        "y": [rating for _, rating in best],
        "hoverinfo": "skip",
        "line": {"dash": "dot", "shape": "hv" if less_is_better else "vh"},
    }
    axis = {"title": {"text": title}} | _scale([value for value, *_ in known])
    layout = {"xaxis": axis, "yaxis": {"title": {"text": say("plot.rating")}}, "height": 520, "showlegend": False}
    return _figure([line, points], layout, about)


def _scale(values: Sequence[float]) -> Figure:
    """Return the axis for positive values: logarithmic if the largest is more than ten times the smallest."""
    least, most = min(values), max(values)
    if most <= 10 * least:
        return {"type": "linear"}
    powers = range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
    ticks = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
    return {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}


def apart(places: Sequence[float], least: float) -> list[float]:
    """Return sorted places, moved as little as necessary so that neighbours are at least `least` apart."""
    # Each cluster of places that touch is spread around its middle; spreading may make it touch the next.
    clusters: list[list[float]] = []
    for place in places:
        clusters.append([place])
        while len(clusters) > 1 and _spread(clusters[-2], least)[-1] + least > _spread(clusters[-1], least)[0]:
            clusters[-2:] = [clusters[-2] + clusters[-1]]
    return [place for cluster in clusters for place in _spread(cluster, least)]


def _spread(cluster: Sequence[float], least: float) -> list[float]:
    middle = sum(cluster) / len(cluster)
    return [middle + least * (number - (len(cluster) - 1) / 2) for number in range(len(cluster))]


def _style(board: Board, rows: list[BoardRow]) -> Figure:
    known = [row for row in rows if row.controlled is not None]
    style = board.seen.style if board.seen else None
    if not known or style is None:
        return _figure([], {}, say("plot.no_style"))
    raw = dict(zip(style.raw.contenders, style.raw.ratings.tolist(), strict=True))
    known = sorted(known, key=lambda row: row.controlled or 0.0)
    height = max(420, _height(known))
    ratings = [row.controlled or 0.0 for row in known]
    every = [*ratings, *(raw[row.facts.slug] for row in known)]
    # Labels are kept apart by the height of a line of text.
    places = apart(ratings, (max(every) - min(every)) * LABEL_PX / (height - AROUND_PX))
    lines = [
        {
            "type": "scatter",
            "mode": "lines+markers+text",
            "x": [0, 1, 1.08],
            "y": [raw[row.facts.slug], rating, place],
            "text": ["", "", _label(row)],
            "textposition": "middle right",
            "marker": {"size": [8, 8, 0]},
            "cliponaxis": False,
            "customdata": [_page(row)] * 3,
            "hovertemplate": f"{_label(row)}: %{{y:.0f}}<extra></extra>",
        }
        for row, rating, place in zip(known, ratings, places, strict=True)
    ]
    layout = {
        "yaxis": {"title": {"text": say("plot.rating")}},
        "xaxis": {
            "range": [-0.1, 1.6],
            "tickvals": [0, 1],
            "ticktext": [say("plot.as_voted"), say("plot.at_equal_style")],
            "zeroline": False,
        },
        "height": height,
        "showlegend": False,
    }
    effects = effects_in_words(style.coefficients)
    about = say("plot.about_style", effects=effects) if effects else say("plot.no_effects")
    return _figure(lines, layout, say("notes.between").join([about, *without_a_number(style.unidentified)]))


def _categories(board: Board, rows: list[BoardRow]) -> Figure:
    found = board.seen.categories if board.seen else {}
    rated = [row for row in rows if any(row.facts.slug in estimate.contenders for estimate in found.values())]
    if not found or not rated or board.seen is None:
        return _figure([], {}, say("plot.no_categories"))
    ratings = {
        name: dict(zip(estimate.contenders, estimate.ratings.tolist(), strict=True)) for name, estimate in found.items()
    }
    values = [[ratings[name].get(row.facts.slug) for name in found] for row in rated]
    heat = {
        "type": "heatmap",
        "x": [
            say("plot.category", category=word("categories", name), votes=board.seen.category_votes[name])
            for name in found
        ],
        "y": [row.facts.slug for row in rated],
        "z": values,
        "text": [["" if value is None else f"{value:.0f}" for value in line] for line in values],
        "texttemplate": "%{text}",
        "hoverinfo": "skip",
        "customdata": [
            [rooted(f"/battles?{urlencode({'a': r.facts.slug, 'category': c})}") for c in found] for r in rated
        ],
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
    }
    layout = {
        "xaxis": {"side": "top"},
        "yaxis": _names(rated) | {"autorange": "reversed"},
        "height": _height(rated) + 40,
    }
    return _figure([heat], layout, say("plot.about_categories"))


def _figure(data: list[Figure], layout: Figure, about: str) -> Figure:
    return {"data": data, "layout": layout, "about": about}


_LEGEND_BELOW = {"orientation": "h", "y": -0.15}


def _names(rows: Sequence[BoardRow]) -> Figure:
    slugs = [row.facts.slug for row in rows]
    links = [f'<a href="{_page(row)}">{_label(row)}</a>' for row in rows]
    return {"type": "category", "tickmode": "array", "tickvals": slugs, "ticktext": links, "automargin": True}


def _height(rows: Sequence[BoardRow]) -> int:
    return AROUND_PX + ROW_PX * len(rows)


def _label(row: BoardRow) -> str:
    label = row.facts.label
    if len(label) > LABEL_CHARS:  # names of versions differ at the end, so the middle is left out
        label = f"{label[: LABEL_CHARS - 10]}…{label[-9:]}"
    # Plotly reads a little HTML in every text.
    return escape(label)


def _page(row: BoardRow) -> str:
    return rooted(f"/contenders/{row.facts.slug}")


def _of_two(path: str, row: BoardRow, column: BoardRow) -> str:
    return rooted(f"{path}?{urlencode({'a': row.facts.slug, 'b': column.facts.slug})}")
