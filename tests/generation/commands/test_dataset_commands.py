"""The commands on data sets, as a person calls them."""

import argparse
import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from generation.dataset import Manifest, read_jsonl, rejects_path, write_jsonl
from generation.errors import BadInput
from generation.licences import PUBLISHED


def generate(command: str, *arguments: str | Path) -> int:
    module = importlib.import_module(f"generation.commands.{command.replace('-', '_')}")
    parser = argparse.ArgumentParser()
    module.configure(parser)
    return int(module.run(parser.parse_args([str(each) for each in arguments]), {}))


def rows_at(path: Path, *rows: Mapping[str, Any]) -> Path:
    write_jsonl(path, rows)
    return path


def instructions_at(path: Path, *instructions: str) -> Path:
    return rows_at(path, *({"instruction": each} for each in instructions))


def test_dedup_prints_one_object_a_candidate_and_accepted_ones_join(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    pool = instructions_at(tmp_path / "pool.jsonl", "Write a poem about the sea", "다음 문장을 번역하세요")
    candidates = instructions_at(
        tmp_path / "new.jsonl",
        "Write a poem about the sky",
        "???",
        "Sort a list",
        "Sort a list!",
        "다음 문장을 번역해요",
    )
    assert generate("dedup", "--pool", pool, "--candidates", candidates, "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        {"accept": False, "nearest": "Write a poem about the sea", "score": 2 * (5 / 6) * (5 / 6) / (5 / 6 + 5 / 6)},
        {"accept": True, "nearest": None, "score": 0.0},
        {"accept": True, "nearest": "Write a poem about the sea", "score": 2 * (1 / 6) * (1 / 3) / (1 / 6 + 1 / 3)},
        {"accept": False, "nearest": "Sort a list", "score": 1.0},
        {"accept": False, "nearest": "다음 문장을 번역하세요", "score": pytest.approx(16 / 19)},
    ]


def test_dedup_in_the_alpaca_profile_sees_no_korean(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    pool = instructions_at(tmp_path / "pool.jsonl", "다음 문장을 번역하세요")
    assert generate("dedup", "--pool", pool, "--candidates", pool, "--profile", "alpaca", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"accept": True, "nearest": None, "score": 0.0}


def test_dedup_tells_a_person_what_is_too_near(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    pool = instructions_at(tmp_path / "pool.jsonl", "Sort a list")
    candidates = instructions_at(tmp_path / "new.jsonl", "Sort a list.", "Count to ten")
    assert generate("dedup", "--pool", pool, "--candidates", candidates) == 0
    out = capsys.readouterr().out
    assert "1.000  'Sort a list.' is too near to 'Sort a list'" in out
    assert "1 of 2 candidates are new; the pool has 2 instructions." in out


def test_dedup_names_every_fault_of_its_files(tmp_path: Path):
    pool = tmp_path / "pool.jsonl"
    pool.write_text('{"instruction": "a"}\n{"instruction": 1}\nnone\n')
    with pytest.raises(BadInput) as raised:
        generate("dedup", "--pool", pool, "--candidates", pool)
    assert [fault.split(":")[0] for fault in raised.value.faults] == ["line 2", "line 3"]
    assert generate("dedup", "--pool", pool, "--candidates", pool, "--skip-bad") == 0
    assert len(read_jsonl(rejects_path(pool))) == 2


ALPACA_ROW = {"instruction": "더하세요", "input": "2 + 3", "output": "5", "id": 7}


def test_convert_goes_there_and_back_without_a_loss(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    source = tmp_path / "alpaca.json"
    source.write_text(json.dumps([ALPACA_ROW]))
    there, back = tmp_path / "messages.jsonl", tmp_path / "back.json"
    assert generate("convert", source, there, "--to", "messages", "--joiner", r"\nInput:\n") == 0
    assert read_jsonl(there)[0]["messages"][0]["content"] == "더하세요\nInput:\n2 + 3"
    assert generate("convert", there, back, "--to", "alpaca") == 0
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
        generate("convert", source, target, "--to", "alpaca")
    assert raised.value.faults == ("row 2: alpaca needs a user and an assistant in turn; the roles are user",)
    assert not target.exists()
    assert generate("convert", source, target, "--to", "alpaca", "--skip-bad") == 0
    assert len(read_jsonl(target)) == len(read_jsonl(rejects_path(target))) == 1


PROMPT = "Compose a travel blog post about a recent trip to Hawaii."


def test_decontaminate_flags_and_the_result_travels_with_the_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    data = rows_at(
        tmp_path / "data.jsonl", {"instruction": "Add 1", "output": "2"}, {"instruction": PROMPT, "output": ""}
    )
    before = data.read_bytes()
    against = rows_at(tmp_path / "bench.jsonl", {"prompt": PROMPT})
    assert generate("decontaminate", data, "--against", against, "--json") == 0
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
    assert generate("decontaminate", data, "--against", against, "--drop", out) == 0
    assert read_jsonl(out) == [clean_row]
    manifest = Manifest.read_beside(out)
    assert manifest
    assert manifest.decontamination
    assert (manifest.rows, manifest.decontamination["rows"], manifest.decontamination["dropped"]) == (1, 2, 1)


def test_clean_sharegpt_says_what_became_of_every_conversation(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    korean = {"conversations": [{"from": "human", "value": "비가 오나요?"}, {"from": "gpt", "value": "<p>네.</p>"}]}
    source = rows_at(tmp_path / "in.jsonl", korean, korean, {"conversations": []})
    out = tmp_path / "out.json"
    assert generate("clean-sharegpt", source, out, "--languages", "ko", "--budget", "100") == 0
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
        generate("clean-sharegpt", source, tmp_path / "out.json", "--tokenizer", source)


@pytest.mark.parametrize("name", PUBLISHED)
def test_fetch_shows_the_terms_and_fetches_nothing_without_consent(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert generate("fetch", name, "--to", tmp_path / "data", "--mirror", "http://127.0.0.1:9/none") == 1
    shown = capsys.readouterr().out
    assert PUBLISHED[name].licence in shown
    assert PUBLISHED[name].terms in shown
    assert "--accept-terms" in shown
    assert not (tmp_path / "data").exists()
