"""`arena generate batch`, as a person calls it."""

from pathlib import Path

import pytest

from arena.cli import main
from tests.generation.conftest import rows, write_lines
from tests.generation.teacher import answered


def test_reading_answers_twice_counts_them_once(batch: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    answers = [answered(request) for request in rows(batch / "batch-1.jsonl")[:4]]
    path = write_lines(tmp_path / "answers.jsonl", answers)
    for _ in range(2):
        main(["generate", "batch", "read", str(batch), path])
    told = capsys.readouterr().err
    assert "4 new answers, 0 known already" in told
    assert "0 new answers, 4 known already" in told


def test_failed_requests_are_in_the_next_batch(batch: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    first, second, *others = rows(batch / "batch-1.jsonl")
    failed = {"custom_id": first["custom_id"], "response": None, "error": {"code": "batch_expired"}}
    path = write_lines(tmp_path / "answers.jsonl", [failed, *map(answered, [second, *others])])
    assert main(["generate", "batch", "read", str(batch), path]) == 0
    assert "5 new answers, 0 known already, 1 failed" in capsys.readouterr().err
    assert main(["generate", "batch", "write", str(batch), "--requests", "1"]) == 0
    assert [row["custom_id"] for row in rows(batch / "batch-1.jsonl")] == [first["custom_id"]]
