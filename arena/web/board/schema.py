"""The JSON Schema of /api/leaderboard. Fields are only added, never renamed or taken away."""

from typing import Any

from leaderboard import Status
from leaderboard.notes import NoteKind


def _field(kind: str | list[str], about: str, **rules: object) -> dict[str, Any]:
    return {"type": kind, "description": about, **rules}


_MAYBE = ["number", "null"]
_TEXTS = {"type": "array", "items": {"type": "string"}}
_NOTES: dict[str, Any] = {
    "type": "array",
    "description": "The same notes as data.",
    "items": {
        "type": "object",
        "properties": {
            "kind": _field("string", "What the note says.", enum=[kind.value for kind in NoteKind]),
            "contenders": _TEXTS | {"description": "Slugs of the contenders that it is about."},
            "figures": {
                "type": "object",
                "description": "Its figures by name.",
                "additionalProperties": {"type": "number"},
            },
        },
        "required": ["kind", "contenders", "figures"],
    },
}
_RATING: dict[str, Any] = {
    "contender": _field("string", "Its slug; never changes."),
    "label": _field("string", "Its name for readers."),
    "rating": _field("number", "Elo; the mean of its board is 1000."),
    "error": _field("number", "Standard error of (rating - mean of its board), in Elo."),
    "lower": _field("number", "Where the interval begins."),
    "upper": _field("number", "Where the interval ends."),
    "rank": _field("integer", "The best rank that the votes allow.", minimum=1),
    "rank_upper": _field("integer", "The same as rank.", minimum=1),
    "rank_lower": _field("integer", "The worst rank that the votes allow.", minimum=1),
    "votes": _field("integer", "Battles counted.", minimum=1),
    "wins": _field("integer", "Battles won."),
    "losses": _field("integer", "Battles lost."),
    "ties": _field("integer", "Battles tied."),
    "both_bad": _field("integer", "Battles in which both answers were found bad."),
    "win_rate": _field("number", "Wins and half of the ties of both kinds, over votes."),
    "both_bad_rate": _field("number", "both_bad over votes."),
    "win_probability": _field(
        "number", "Mean probability of beating another contender of its board, computed from the ratings."
    ),
    "component": _field("integer", "Number of its board, from 0; ratings of different boards cannot be compared."),
    "status": _field("string", "What the rating rests on.", enum=[status.value for status in Status]),
    "note": _field("string", "What a reader should know about the rating, in words, or empty."),
    "note_data": _NOTES,
    "organisation": _field("string", "Who made it, or empty."),
    "licence": _field("string", "As its maker states it, or empty."),
    "base": _field("string", "What it was made from, or empty."),
    "family": _field("string", "The family of contenders that it belongs to, or empty."),
    "first_seen": _field("string", "When it was registered.", format="date"),
    "contender_status": _field(
        "string", "Only active contenders are drawn into battles.", enum=["candidate", "active", "paused", "retired"]
    ),
    "style_controlled_rating": _field(_MAYBE, "The rating at equal length and Markdown; computed from all votes only."),
    "failure_rate": _field(_MAYBE, "Share of its answers that were not finished."),
    "length": _field(_MAYBE, "Mean characters of an answer."),
    "speed": _field(_MAYBE, "Characters a second."),
    "usd_per_1k": _field(_MAYBE, "US dollars for a thousand answers."),
    "wh_per_1k_low": _field(_MAYBE, "Watt-hours for a thousand answers, at least."),
    "wh_per_1k_high": _field(_MAYBE, "Watt-hours for a thousand answers, at most."),
}
_BOARD: dict[str, Any] = {
    "ratings": {
        "type": "array",
        "description": "In the order of the table.",
        "items": {"type": "object", "properties": _RATING, "required": list(_RATING)},
    },
    "unrated": _TEXTS | {"description": "Slugs of the contenders without a vote."},
    "notes": _TEXTS | {"description": "Sentences about the whole board."},
    "note_data": _NOTES,
    "votes": _field("integer", "All votes counted.", minimum=0),
    "level": _field("number", "Probability that an interval holds the true rating."),
    "selection": {
        "type": "object",
        "description": "The filters that were asked for; empty where all votes and contenders count.",
        "additionalProperties": {"type": "string"},
    },
    "computed_at": _field("string", "When these ratings were computed; nothing has changed since.", format="date-time"),
}
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Leaderboard",
    "description": (
        "GET /api/leaderboard. Parameters as in the address of the page: category, language, mode and period choose "
        "votes; family, size and licence choose contenders."
    ),
    "type": "object",
    "properties": _BOARD,
    "required": list(_BOARD),
}
