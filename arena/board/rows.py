"""The rows and columns of a board: each contender's standing, and the figures that are shown beside it.

The page, the JSON and the downloads have the same rows and the same columns.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from arena.board.observations import Activity, Observations
from arena.board.standings import StandingsView
from arena.contenders.facts import ContenderFacts
from leaderboard import Standing
from leaderboard.rank_sets import in_words

Value = float | int | str | None


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One contender of a board.

    Attributes:
        standing: None if it has no vote in this selection.
        activity: figures about all its answers.
        controlled: its rating at equal style, from all votes; None if they do not determine it, and in selections.
    """

    facts: ContenderFacts
    standing: Standing | None
    activity: Activity
    controlled: float | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Its heading and explanation are in the catalogue of texts, under its key.

    Attributes:
        value: what a row is sorted by; None if it has no value.
        show: what the table shows of a row.
        falling: whether the first click sorts from the largest value down.
        by_default: whether it is shown unless the reader chooses columns.
        text: whether its values are texts.
    """

    key: str
    value: Callable[[BoardRow], Value]
    show: Callable[[BoardRow], str]
    falling: bool = True
    by_default: bool = True
    text: bool = False


def rows_of(view: StandingsView, seen: Observations | None) -> list[BoardRow]:
    """Return the rows in the order of the ranking; contenders without a vote come last."""
    standings = {standing.contender: standing for standing in view.ranking.standings}
    # Style is fitted on all votes, so a selection has no rating at equal style.
    style = seen if seen and not view.is_selection else None
    order = [*standings, *(slug for slug in view.ranking.unrated if slug not in standings)]
    return [
        BoardRow(
            facts=view.contenders[slug],
            standing=standings.get(slug),
            activity=seen.activity.get(slug, Activity()) if seen else Activity(),
            controlled=style.controlled(slug) if style else None,
        )
        for slug in order
        if slug in view.contenders
    ]


def sorted_rows(rows: Iterable[BoardRow], column: Column, *, falling: bool) -> list[BoardRow]:
    """Return rows sorted within each board, as boards cannot be compared; rows without a value come last."""

    def board(row: BoardRow) -> float:
        return row.standing.component if row.standing else float("inf")

    known = [row for row in rows if column.value(row) is not None]
    unknown = [row for row in rows if column.value(row) is None]
    known.sort(key=lambda row: _comparable(column.value(row)), reverse=falling)
    return sorted([*known, *unknown], key=board)


def _comparable(value: Value) -> tuple[float, str]:
    return (0.0, value.casefold()) if isinstance(value, str) else (float(value or 0.0), "")


def _standing(read: Callable[[Standing], Value]) -> Callable[[BoardRow], Value]:
    return lambda row: None if row.standing is None else read(row.standing)


def _shown(value: Callable[[BoardRow], Value], form: str) -> Callable[[BoardRow], str]:
    def show(row: BoardRow) -> str:
        found = value(row)
        return "" if found is None else form.format(found)

    return show


def _figure(
    key: str,
    value: Callable[[BoardRow], Value],
    form: str = "{:.0f}",
    *,
    falling: bool = True,
    by_default: bool = True,
) -> Column:
    return Column(key, value, _shown(value, form), falling, by_default)


def _text(key: str, read: Callable[[ContenderFacts], str], *, by_default: bool) -> Column:
    value: Callable[[BoardRow], Value] = lambda row: read(row.facts) or None  # noqa: E731
    return Column(key, value, _shown(value, "{}"), falling=False, by_default=by_default, text=True)


def rank_set(row: BoardRow) -> str:
    """Return the ranks that the votes allow, such as "2" or "2–4"."""
    if row.standing is None:
        return "–"
    return in_words(row.standing.rank_upper, row.standing.rank_lower)


def interval(row: BoardRow) -> str:
    """Return the ends of the rating's interval."""
    return f"{row.standing.lower:.0f} – {row.standing.upper:.0f}" if row.standing else ""


def energy(row: BoardRow) -> str:
    """Return the range of watt-hours for a thousand answers."""
    low, high = row.activity.wh_per_1k_low, row.activity.wh_per_1k_high
    return "" if low is None or high is None else f"{low:,.3g} – {high:,.3g}"


COLUMNS = (
    Column(
        "rank",
        _standing(lambda s: s.rank_upper),
        rank_set,
        falling=False,
    ),
    Column(
        "contender",
        lambda row: row.facts.label,
        lambda row: row.facts.label,
        falling=False,
        text=True,
    ),
    _text("organisation", lambda facts: facts.organisation, by_default=False),
    _figure(
        "rating",
        _standing(lambda s: s.rating),
    ),
    Column(
        "interval",
        _standing(lambda s: s.upper - s.lower),
        interval,
        falling=False,
    ),
    _figure("votes", _standing(lambda s: s.votes), "{:,}"),
    _figure(
        "win_probability",
        _standing(lambda s: s.win_probability),
        "{:.0%}",
    ),
    _figure(
        "controlled",
        lambda row: row.controlled,
    ),
    _figure(
        "both_bad_rate",
        _standing(lambda s: s.both_bad_rate),
        "{:.1%}",
        falling=False,
    ),
    _figure(
        "failure_rate",
        lambda row: row.activity.failure_rate,
        "{:.1%}",
        falling=False,
    ),
    _figure(
        "length",
        lambda row: row.activity.length,
        "{:,.0f}",
        by_default=False,
    ),
    _figure(
        "speed",
        lambda row: row.activity.speed,
        "{:,.0f}",
        by_default=False,
    ),
    _figure(
        "usd_per_1k",
        lambda row: row.activity.usd_per_1k,
        "{:,.2f}",
        falling=False,
    ),
    Column(
        "wh_per_1k",
        lambda row: row.activity.wh_per_1k_high,
        energy,
        falling=False,
        by_default=False,
    ),
    _text("licence", lambda facts: facts.licence, by_default=True),
    _text("base", lambda facts: facts.base, by_default=False),
    _text("family", lambda facts: facts.family, by_default=False),
    _text(
        "first_seen",
        lambda facts: facts.first_seen.date().isoformat(),
        by_default=False,
    ),
    Column(
        "status",
        _standing(lambda s: s.status.value),
        lambda row: row.standing.status.value if row.standing else "",
        falling=False,
        by_default=False,
        text=True,
    ),
)
BY_KEY = {column.key: column for column in COLUMNS}
ALWAYS = ("rank", "contender")
RANGES = {
    "rank": ("rank_upper", "rank_lower"),
    "interval": ("lower", "upper"),
    "wh_per_1k": ("wh_per_1k_low", "wh_per_1k_high"),
}
BY_DEFAULT = tuple(column.key for column in COLUMNS if column.by_default)


def figures(row: BoardRow) -> dict[str, Value]:
    """Return a row as plain values for files: every column under its key, and a range as its two ends."""
    standing = row.standing
    ends: dict[str, Value] = {
        "slug": row.facts.slug,
        "board": standing.component + 1 if standing else None,
        "rank_upper": standing.rank_upper if standing else None,
        "rank_lower": standing.rank_lower if standing else None,
        "lower": standing.lower if standing else None,
        "upper": standing.upper if standing else None,
        "wh_per_1k_low": row.activity.wh_per_1k_low,
        "wh_per_1k_high": row.activity.wh_per_1k_high,
    }
    rest = {column.key: column.value(row) for column in COLUMNS if column.key not in RANGES}
    return ends | rest


def columns_of(keys: Sequence[str]) -> list[Column]:
    """Return these columns and those always shown, in the order of the table."""
    return [column for column in COLUMNS if column.key in {*ALWAYS, *keys}]
