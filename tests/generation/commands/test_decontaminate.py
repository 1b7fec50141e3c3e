"""`arena generate decontaminate`, as a person calls it."""

import json
from pathlib import Path

import pytest

from generation.dataset import Manifest, read_jsonl
from tests.generation.commands.calls import call, rows_at

PROMPT = "Compose a travel blog post about a recent trip to Hawaii."


def test_decontaminate_flags_and_the_result_travels_with_the_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    data = rows_at(
        tmp_path / "data.jsonl", {"instruction": "Add 1", "output": "2"}, {"instruction": PROMPT, "output": ""}
    )
    before = data.read_bytes()
    against = rows_at(tmp_path / "bench.jsonl", {"prompt": PROMPT})
    assert call("decontaminate", data, "--against", against, "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {
        "row": 2,
        "kind": "near_duplicate",
        "set": "bench",
        "prompt": PROMPT,
        "score": 1.0,
    }
    assert "1 of 2 rows are contaminated" in printed.err
    assert data.read_bytes() == before
    manifest = Manifest.read_beside(data)
    assert manifest
    assert manifest.decontamination
    assert manifest.decontamination["contaminated"] == {"bench": 1}


def test_decontaminate_drops_on_request(tmp_path: Path):
    clean_row = {"conversations": [{"from": "human", "value": "Add 1"}, {"from": "gpt", "value": "2"}]}
    foul_row = {"conversations": [{"from": "human", "value": PROMPT}, {"from": "gpt", "value": "Aloha"}]}
    data = rows_at(tmp_path / "data.jsonl", foul_row, clean_row)
    against = rows_at(tmp_path / "bench.jsonl", {"prompt": PROMPT})
    out = tmp_path / "clean.jsonl"
    assert call("decontaminate", data, "--against", against, "--drop", out) == 0
    assert read_jsonl(out) == [clean_row]
    manifest = Manifest.read_beside(out)
    assert manifest
    assert manifest.decontamination
    assert (manifest.rows, manifest.decontamination["rows"], manifest.decontamination["dropped"]) == (1, 2, 1)
