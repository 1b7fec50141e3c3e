"""Schemas in which others publish votes, converted to the columns model_a, model_b and winner.

| schema | how it says who won |
|---|---|
| 33k, 100k, 140k | those columns |
| 55k (Kaggle) | winner_model_a, winner_model_b and winner_tie, one of them 1 |
| FastChat's log | `type`, such as "leftvote"; the names in `models`, or in `states` where the battle was blind |
| ComparIA | chosen_model_name, or both_equal |
"""

from typing import Any

import numpy as np
import pandas as pd

TABLE_55K = ("winner_model_a", "winner_model_b", "winner_tie")
FASTCHAT = ("type", "models", "states")
COMPARIA = ("model_a_name", "model_b_name", "chosen_model_name", "both_equal")
# Columns that have to be read from a file, because a conversion may need them.
COLUMNS_ELSEWHERE = (*TABLE_55K, *FASTCHAT, *COMPARIA)
_KINDS = {"leftvote": "model_a", "rightvote": "model_b", "tievote": "tie", "bothbad_vote": "tie (bothbad)"}


def with_winners(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with the columns model_a, model_b and winner; unchanged if no schema fits."""
    present = set(frame.columns)
    if "winner" in present:
        return frame.drop(columns=[name for name in COLUMNS_ELSEWHERE if name in present])
    if present >= {"model_a", "model_b", *TABLE_55K}:
        return _from_55k(frame)
    if present >= {"type"} and present & {"models", "states"}:
        return _from_fastchat(frame)
    if present >= set(COMPARIA):
        return _from_comparia(frame)
    return frame


def _from_55k(frame: pd.DataFrame) -> pd.DataFrame:
    words = dict(zip(TABLE_55K, ("model_a", "model_b", "tie"), strict=True))
    marks = frame[list(TABLE_55K)].apply(pd.to_numeric, errors="coerce").eq(1)
    winner = marks.idxmax(axis=1).map(words).where(marks.sum(axis=1) == 1)
    return frame.drop(columns=list(TABLE_55K)).assign(winner=winner)


def _from_fastchat(frame: pd.DataFrame) -> pd.DataFrame:
    # The log has a row for every step of a conversation; only the votes are taken.
    votes = frame[frame["type"].isin(list(_KINDS))]
    rest = votes.drop(columns=[name for name in FASTCHAT if name in votes.columns])
    names = [_named(row) for row in votes.to_dict("records")]
    return rest.assign(
        model_a=[a for a, _ in names], model_b=[b for _, b in names], winner=votes["type"].map(_KINDS)
    ).reset_index(drop=True)


def _named(row: dict[Any, Any]) -> tuple[str, str]:
    for names in (row.get("models"), [_name_of(state) for state in _listed(row.get("states"))]):
        found = [str(name) for name in _listed(names) if name]
        if len(found) == 2:
            return found[0], found[1]
    return "", ""


def _listed(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | np.ndarray) else []


def _name_of(state: object) -> object:
    return state.get("model_name") if isinstance(state, dict) else None


def _from_comparia(frame: pd.DataFrame) -> pd.DataFrame:
    equal = frame["both_equal"].astype("string").str.lower().isin(["true", "1", "1.0", "t"])
    chosen = frame["chosen_model_name"].astype("string")
    winner = pd.Series(pd.NA, index=frame.index, dtype="object")
    winner[(chosen == frame["model_a_name"].astype("string")).fillna(value=False)] = "model_a"
    winner[(chosen == frame["model_b_name"].astype("string")).fillna(value=False)] = "model_b"
    winner[equal] = "tie"
    names = {"model_a_name": "model_a", "model_b_name": "model_b"}
    return frame.rename(columns=names).drop(columns=list(COMPARIA[2:])).assign(winner=winner)
