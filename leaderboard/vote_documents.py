"""Votes in one JSON document, as tools for comparisons write them, converted to rows with model_a, model_b and winner.

| tool | how it says who won |
|---|---|
| LLM Comparator | `score` above zero for A: of each rater in `individual_rater_scores`, or else of the example |
| Inspect AI, log | a score "A", "B", "tie" or "both_bad" of a sample whose metadata name `model_a` and `model_b` |
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from leaderboard.errors import BadVotes

WINNERS = {"a": "model_a", "b": "model_b", "tie": "tie", "c": "tie", "both_bad": "tie (bothbad)"}
FAULTS_SHOWN = 20
Row = dict[str, Any]


def read_document(path: Path) -> pd.DataFrame:
    """Return the votes of a document, a row each; `prompt` and, where it is known, `rater` are further columns.

    Raises:
        BadVotes: it is of no known kind, or a comparison in it does not say who won; lists the faults.
        ValueError: it is no JSON.
    """
    document = json.loads(path.read_text("utf-8-sig"))
    faults: list[str] = []
    if isinstance(document, dict) and isinstance(document.get("examples"), list) and "models" in document:
        rows = list(_of_comparator(document, faults))
    elif isinstance(document, dict) and isinstance(document.get("eval"), dict) and "samples" in document:
        rows = list(_of_inspect(document, faults))
    else:
        raise BadVotes(
            "These are no votes:",
            ["the document is of no known tool"],
            hint="Known are LLM Comparator's documents and logs of Inspect AI.",
        )
    if faults:
        more = [f"and {len(faults) - FAULTS_SHOWN} more"] if len(faults) > FAULTS_SHOWN else []
        raise BadVotes("These are no votes:", [*faults[:FAULTS_SHOWN], *more])
    return pd.DataFrame(rows, columns=None if rows else ["model_a", "model_b", "winner"])


def _of_comparator(document: Mapping[str, Any], faults: list[str]) -> Iterator[Row]:
    names = [model.get("name") if isinstance(model, dict) else None for model in document["models"]]
    if len(names) != 2 or not all(isinstance(name, str) and name for name in names):
        faults.append("models: two names are due")
        return
    for number, example in enumerate(document["examples"], 1):
        raters = example.get("individual_rater_scores") if isinstance(example, dict) else None
        said = raters if isinstance(raters, list) and raters else [example]
        for one in said:
            score = one.get("score") if isinstance(one, dict) else None
            if isinstance(score, bool) or not isinstance(score, int | float):
                faults.append(f"example {number}: score is {score!r}")
                continue
            winner = "model_a" if score > 0 else "model_b" if score < 0 else "tie"
            custom = one.get("custom_fields")
            yield {
                "model_a": names[0],
                "model_b": names[1],
                "winner": winner,
                "prompt": str(example.get("input_text", "")),
                "rater": str(custom["rater"]) if isinstance(custom, dict) and "rater" in custom else None,
            }


def _of_inspect(document: Mapping[str, Any], faults: list[str]) -> Iterator[Row]:
    for number, sample in enumerate(document["samples"] or (), 1):
        row = sample if isinstance(sample, dict) else {}
        about, scores = _table(row, "metadata"), _table(row, "scores")
        names = [about.get("model_a"), about.get("model_b")]
        values = [str(one.get("value")).lower() for one in scores.values() if isinstance(one, dict)]
        winner = next((WINNERS[value] for value in values if value in WINNERS), None)
        if not all(isinstance(name, str) and name for name in names):
            faults.append(f"sample {number}: its metadata do not name model_a and model_b")
        elif winner is None:
            faults.append(f"sample {number}: no score is A, B, tie or both_bad")
        else:
            yield {
                "model_a": names[0],
                "model_b": names[1],
                "winner": winner,
                "prompt": str(row.get("id", "")),
                "rater": str(about["rater"]) if "rater" in about else None,
            }


def _table(row: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = row.get(key)
    return value if isinstance(value, dict) else {}
