"""`arena generate dedup`, as a person calls it."""

import json
from pathlib import Path

import pytest

from generation.dataset import read_jsonl, rejects_path
from generation.errors import BadInput
from tests.generation.commands.calls import call, rows_at


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
    assert call("dedup", "--pool", pool, "--candidates", candidates, "--json") == 0
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
    assert call("dedup", "--pool", pool, "--candidates", pool, "--profile", "alpaca", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"accept": True, "nearest": None, "score": 0.0}


def test_dedup_tells_a_person_what_is_too_near(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    pool = instructions_at(tmp_path / "pool.jsonl", "Sort a list")
    candidates = instructions_at(tmp_path / "new.jsonl", "Sort a list.", "Count to ten")
    assert call("dedup", "--pool", pool, "--candidates", candidates) == 0
    out = capsys.readouterr().out
    assert "1.000  'Sort a list.' is too similar to 'Sort a list'" in out
    assert "1 of 2 candidates are new; the pool has 2 instructions." in out


def test_dedup_names_every_fault_of_its_files(tmp_path: Path):
    pool = tmp_path / "pool.jsonl"
    pool.write_text('{"instruction": "a"}\n{"instruction": 1}\nnone\n')
    with pytest.raises(BadInput) as raised:
        call("dedup", "--pool", pool, "--candidates", pool)
    assert [fault.split(":")[0] for fault in raised.value.faults] == ["line 2", "line 3"]
    assert call("dedup", "--pool", pool, "--candidates", pool, "--skip-bad") == 0
    assert len(read_jsonl(rejects_path(pool))) == 2
