"""`arena generate clean-sharegpt`, as a person calls it."""

import json
from pathlib import Path

import pytest

from generation.dataset import Manifest
from generation.errors import BadInput
from tests.generation.commands.calls import call, rows_at


def test_clean_sharegpt_says_what_became_of_every_conversation(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    korean = {"conversations": [{"from": "human", "value": "비가 오나요?"}, {"from": "gpt", "value": "<p>네.</p>"}]}
    source = rows_at(tmp_path / "in.jsonl", korean, korean, {"conversations": []})
    out = tmp_path / "out.json"
    assert call("clean-sharegpt", source, out, "--languages", "ko", "--budget", "100") == 0
    assert [turn["value"] for turn in json.loads(out.read_text())[0]["conversations"]] == ["비가 오나요?", "네."]
    said = capsys.readouterr().err
    assert "1 conversations from 3" in said
    assert "left out: duplicate 1" in said
    assert "left out: no exchange 1" in said
    assert "mended: html to markdown 2" in said
    manifest = Manifest.read_beside(out)
    assert manifest
    assert manifest.rejected == {"duplicate": 1, "no_exchange": 1}


def test_clean_sharegpt_refuses_what_is_no_tokenizer(tmp_path: Path):
    source = rows_at(tmp_path / "in.jsonl")
    with pytest.raises(BadInput, match="is not a tokenizer"):
        call("clean-sharegpt", source, tmp_path / "out.json", "--tokenizer", source)
