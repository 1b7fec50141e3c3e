"""A report for other programs: JSON, CSV and JSONL. Figures are rounded, so that machines agree to the last byte."""

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from arena.campaigns.report.standing import StandingJudgement

DIGITS = 6  # significant ones: more would differ between machines


def plain(value: Any) -> Any:
    """Return a value as JSON has it: dataclasses as objects, figures rounded, what is not finite as null."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, float):
        return rounded(value)
    return value


def rounded(value: float) -> float | None:
    """Return a figure to six significant digits; None where it is not finite."""
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None


def json_text(document: Any) -> str:
    """Return a document as indented JSON."""
    return json.dumps(plain(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def json_lines(rows: Iterable[Any]) -> str:
    """Return a row a line."""
    return "".join(json.dumps(plain(row), ensure_ascii=False, allow_nan=False) + "\n" for row in rows)


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return rows with the same keys as CSV; a text that a spreadsheet would compute is quoted with an apostrophe."""
    file = io.StringIO()
    writer = csv.DictWriter(file, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return file.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return rounded(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def judgement_rows(standing: Iterable[StandingJudgement]) -> list[dict[str, Any]]:
    """Return the judgements that stand, one a row, in the columns in which votes are published and more."""
    winners = {"left": "model_a", "right": "model_b", "tie": "tie", "both_bad": "tie (bothbad)"}
    return [
        {
            "model_a": one.place.left,
            "model_b": one.place.right,
            "winner": winners[one.said.verdict],
            "item": one.place.item,
            "rater": one.said.rater,
            "kind": one.place.kind,
            "seconds": one.said.seconds,
            "confidence": one.said.confidence,
            "tags": ";".join(one.said.tags),
            "acceptable_a": one.said.acceptable_left,
            "acceptable_b": one.said.acceptable_right,
            "second_look": one.second.verdict if one.second else "",
            "at": one.said.at,
        }
        for one in standing
        if one.place.kind != "attention"
    ]
