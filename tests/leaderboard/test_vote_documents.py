import json
from pathlib import Path
from typing import Any

import pytest

from leaderboard.errors import BadVotes
from leaderboard.verdict import VERDICTS
from leaderboard.votes import read_votes

ABOUT = {"model_a": "x", "model_b": "y"}


def written(path: Path, document: Any) -> Path:
    file = path / "votes.json"
    file.write_text(json.dumps(document))
    return file


def test_llm_comparator_s_raters_are_votes_and_else_its_examples(tmp_path: Path):
    raters = [{"score": 1.5, "is_flipped": True}, {"score": -0.5}, {"score": 0.0, "custom_fields": {"rater": "r"}}]
    document = {
        "metadata": {"custom_fields_schema": []},
        "models": [{"name": "x"}, {"name": "y"}],
        "examples": [
            {"input_text": "p", "score": 0.3, "individual_rater_scores": raters},
            {"input_text": "q", "score": -1, "individual_rater_scores": []},
        ],
    }
    votes = read_votes(written(tmp_path, document))
    assert [VERDICTS[place].value for place in votes.verdict] == ["a", "b", "tie", "b"]
    assert votes.extra["prompt"].tolist() == ["p", "p", "p", "q"]


def test_inspect_s_samples_are_votes(tmp_path: Path):
    samples = [
        {
            "id": n,
            "metadata": {"model_a": "x", "model_b": "y"},
            "scores": {"other": {"value": 0.2}, "p": {"value": value}},
        }
        for n, value in enumerate(["A", "B", "tie", "both_bad", "C"])
    ]
    votes = read_votes(written(tmp_path, {"version": 2, "eval": {"task": "t"}, "samples": samples}))
    assert [VERDICTS[place].value for place in votes.verdict] == ["a", "b", "tie", "both_bad", "tie"]


def test_what_is_no_comparison_is_told_with_its_place(tmp_path: Path):
    samples: list[Any] = [{"scores": {"p": {"value": "A"}}}, {"metadata": {"model_a": "x", "model_b": "y"}}, None]
    with pytest.raises(BadVotes) as refused:
        read_votes(written(tmp_path, {"eval": {}, "samples": samples}))
    assert [fault.split(":")[0] for fault in refused.value.faults] == ["sample 1", "sample 2", "sample 3"]
    examples = [{"score": None}, {"score": True}, 7]
    with pytest.raises(BadVotes, match="example 3"):
        read_votes(written(tmp_path, {"models": [{"name": "x"}, {"name": "y"}], "examples": examples}))
    with pytest.raises(BadVotes, match="two names are due"):
        read_votes(written(tmp_path, {"models": [{"name": "x"}], "examples": []}))
    for document in ([], {}, {"eval": 3, "samples": []}):
        with pytest.raises(BadVotes, match="no known tool"):
            read_votes(written(tmp_path, document))
    (tmp_path / "votes.json").write_text("{")
    with pytest.raises(BadVotes, match="cannot be read"):
        read_votes(tmp_path / "votes.json")
