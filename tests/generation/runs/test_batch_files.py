"""Batch files: the same run, asked and answered through files."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from arena.cli import main
from generation.runs.run_folder import RunFolder
from tests.generation.conftest import MakeRecipe, rows, run_here
from tests.generation.teacher import tokens, written


def answered(request: dict[str, Any]) -> dict[str, Any]:
    """What a vendor gives back for one line."""
    prompt = request["body"]["messages"][-1]["content"]
    text = written(prompt, random.Random(prompt))
    usage = {"prompt_tokens": tokens(prompt), "completion_tokens": tokens(text)}
    body = {"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": usage}
    return {"custom_id": request["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}


def write_lines(path: Path, lines: list[Any]) -> str:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return str(path)


@pytest.fixture
def batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A run whose requests were written to a file."""
    out = tmp_path / "run"
    command = ["generate", "batch", "write", "alpaca", "--target", "60", "--requests", "6", "--out", str(out)]
    assert main(command) == 0
    assert capsys.readouterr().out.split() == [str(out / "batch-1.jsonl")]
    return out


def test_requests_are_written_as_the_vendor_wants_them(batch: Path):
    requests = rows(batch / "batch-1.jsonl")
    assert len({request["custom_id"] for request in requests}) == len(requests) == 6
    first = requests[0]
    assert (first["method"], first["url"]) == ("POST", "/v1/chat/completions")
    assert first["body"]["model"] == "gpt-4o-mini"
    assert first["body"]["stop"] == ["\n20", "20.", "20."]
    assert "seed" not in first["body"]


def test_answers_give_the_harvest_that_asking_one_by_one_gives(
    batch: Path, tmp_path: Path, recipe_for: MakeRecipe, capsys: pytest.CaptureFixture[str]
):
    answers = [answered(request) for request in rows(batch / "batch-1.jsonl")]
    random.Random(3).shuffle(answers)
    assert main(["generate", "batch", "read", str(batch), write_lines(tmp_path / "answers.jsonl", answers)]) == 0
    whole = RunFolder.create(tmp_path / "whole", recipe_for(model="teacher"))
    run_here(whole)
    assert (batch / "examples.jsonl").read_bytes() == (whole.path / "examples.jsonl").read_bytes()
    spent = json.loads((batch / "summary.json").read_text())["steps"]["task"]
    full = (spent["prompt_tokens"] * 0.15 + spent["output_tokens"] * 0.6) / 1e6
    assert spent["cost"] == pytest.approx(full / 2)


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


def test_answers_of_another_run_and_broken_rows_are_refused_whole(
    batch: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    good = answered(rows(batch / "batch-1.jsonl")[0])
    journal = (batch / "journal.jsonl").read_bytes()
    for bad, told in (({**good, "custom_id": "elsewhere/task/0"}, "another run"), ("<html>", "line 2")):
        path = write_lines(tmp_path / "answers.jsonl", [good, bad])
        assert main(["generate", "batch", "read", str(batch), path]) == 2
        assert told in capsys.readouterr().err
    assert b"answered" not in (batch / "journal.jsonl").read_bytes().removeprefix(journal)


def test_a_recipe_that_feeds_output_back_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["generate", "batch", "write", "self_instruct", "--out", str(tmp_path / "run")]) == 2
    assert "do not depend on earlier answers" in capsys.readouterr().err
