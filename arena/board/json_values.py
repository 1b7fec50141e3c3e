"""The board as plain values, for JSON. Other programs read them, so fields are only added, never changed."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from arena.board.rows import BoardRow
from arena.board.standings import StandingsView


def board_values(view: StandingsView, rows: Iterable[BoardRow], selection: Mapping[str, str]) -> dict[str, Any]:
    """Return the rows that are shown of a board, with what it rests on; `selection` is what the reader asked for."""
    shown = {row.facts.slug: row for row in rows}
    whole = view.ranking.to_dict()
    whole["ratings"] = [
        rating | {"label": row.facts.label, "status": rating["status"]} | _more(row)
        for rating in whole["ratings"]
        if (row := shown.get(rating["contender"]))
    ]
    return whole | {
        "unrated": [slug for slug in view.ranking.unrated if slug in shown],
        "selection": dict(selection),
        "computed_at": view.as_of.isoformat(),
    }


def _more(row: BoardRow) -> dict[str, object]:
    activity = asdict(row.activity)
    facts = row.facts
    return {
        "organisation": facts.organisation,
        "licence": facts.licence,
        "base": facts.base,
        "family": facts.family,
        "first_seen": facts.first_seen.date().isoformat(),
        "contender_status": facts.status.value,
        "style_controlled_rating": row.controlled,
        **{name: value for name, value in activity.items() if name not in {"battles", "replies"}},
    }
