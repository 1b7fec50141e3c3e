"""`arena generate convert`, as a person calls it."""

import json
from pathlib import Path

import pytest

from generation.dataset import Manifest, read_jsonl, rejects_path
from generation.errors import BadInput
from tests.generation.commands.calls import call, rows_at

ALPACA_ROW = {"instruction": "더하세요", "input": "2 + 3", "output": "5", "id": 7}


def test_convert_goes_there_and_back_without_a_loss(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    source = tmp_path / "alpaca.json"
    source.write_text(json.dumps([ALPACA_ROW]))
    there, back = tmp_path / "messages.jsonl", tmp_path / "back.json"
    assert call("convert", source, there, "--to", "messages", "--joiner", r"\nInput:\n") == 0
    assert read_jsonl(there)[0]["messages"][0]["content"] == "더하세요\nInput:\n2 + 3"
    assert call("convert", there, back, "--to", "alpaca") == 0
    assert json.loads(back.read_text()) == [ALPACA_ROW]
    assert "1 rows with `instruction`, `input`, `output`, `id`, which is alpaca" in capsys.readouterr().err
    manifest = Manifest.read_beside(back)
    assert manifest
    assert (manifest.rows, manifest.format, manifest.artefacts[0].name) == (1, "alpaca", "alpaca.json")


def test_convert_writes_nothing_when_a_row_does_not_fit_unless_told_to_skip_it(tmp_path: Path):
    fits = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    source = rows_at(tmp_path / "in.jsonl", fits, {"messages": [{"role": "user", "content": "a"}]})
    target = tmp_path / "out.jsonl"
    with pytest.raises(BadInput) as raised:
        call("convert", source, target, "--to", "alpaca")
    assert raised.value.faults == ("row 2: alpaca needs a user and an assistant in turn; the roles are user",)
    assert not target.exists()
    assert call("convert", source, target, "--to", "alpaca", "--skip-bad") == 0
    assert len(read_jsonl(target)) == len(read_jsonl(rejects_path(target))) == 1
