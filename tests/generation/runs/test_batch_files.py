"""Batch files: the same run, asked and answered through files."""

import json
import random
from pathlib import Path

import pytest

from arena.cli import main
from generation.runs.run_folder import RunFolder
from tests.generation.conftest import MakeRecipe, rows, run_here, write_lines
from tests.generation.teacher import answered


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
