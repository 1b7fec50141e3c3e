"""Distilling: a teacher's answers to given instructions."""

import json
from pathlib import Path

import pytest

from arena.cli import main
from generation.asking.stopping import Reason
from generation.errors import BadInput
from generation.runs.run_folder import RunFolder
from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.conftest import MakeRecipe, rows, run_here


@pytest.fixture
def instructions(tmp_path: Path) -> Path:
    path = tmp_path / "instructions.jsonl"
    tasks = [{"instruction": f"Say {number}", "input": "aloud" if number % 2 else ""} for number in range(30)]
    path.write_text("".join(json.dumps(task) + "\n" for task in tasks))
    return path


def test_every_instruction_gets_its_answer_in_the_files_order(
    tmp_path: Path, recipe_for: MakeRecipe, instructions: Path, fake_endpoint: FakeEndpoint
):
    recipe = recipe_for("distill", model="answerer", source=str(instructions))
    folder = RunFolder.create(tmp_path / "run", recipe)
    assert run_here(folder).reason is Reason.TARGET
    kept = json.loads((folder.path / "alpaca.json").read_text())
    assert [row["instruction"] for row in kept] == [f"Say {number}" for number in range(30)]
    assert kept[3] == {"instruction": "Say 3", "input": "aloud", "output": "My answer to: Say 3\n\naloud"}
    assert len(fake_endpoint.calls) == 30


def test_a_budget_ends_it_and_resuming_asks_only_the_rest(
    tmp_path: Path, recipe_for: MakeRecipe, instructions: Path, fake_endpoint: FakeEndpoint
):
    recipe = recipe_for("distill", model="answerer", source=str(instructions), stop={"max_requests": 10})
    folder = RunFolder.create(tmp_path / "run", recipe)
    assert run_here(folder).reason is Reason.REQUESTS
    assert len(rows(folder.path / "examples.jsonl")) == 10
    changed = RunFolder.open(folder.path, changes={"stop": {"max_requests": None}})
    assert run_here(changed).reason is Reason.TARGET
    assert len(fake_endpoint.calls) == len(rows(folder.path / "examples.jsonl")) == 30


def test_cut_and_empty_answers_are_kept_apart_with_a_reason(tmp_path: Path, recipe_for: MakeRecipe, instructions: Path):
    folder = RunFolder.create(tmp_path / "run", recipe_for("distill", model="length", source=str(instructions)))
    run_here(folder)
    assert not rows(folder.path / "examples.jsonl")
    assert {row["reason"] for row in rows(folder.path / "rejected.jsonl")} == {"truncated"}


def test_broken_rows_are_named_or_left_out_on_request(tmp_path: Path, recipe_for: MakeRecipe, instructions: Path):
    lines = instructions.read_text().splitlines()
    lines[4:4] = ["<html>", '{"output": "no instruction"}']
    instructions.write_text("\n".join(lines))
    recipe = recipe_for("distill", model="answerer", source=str(instructions))
    with pytest.raises(BadInput) as raised:
        RunFolder.create(tmp_path / "run", recipe)
    assert [fault.split(":")[0] for fault in raised.value.faults] == ["line 5", "line 6"]
    assert not (tmp_path / "run").exists()
    folder = RunFolder.create(tmp_path / "run", recipe, skip_bad=True)
    assert len(rows(folder.source)) == 30


def test_instructions_can_be_answered_through_batch_files(
    tmp_path: Path, recipe_for: MakeRecipe, instructions: Path, fake_endpoint: FakeEndpoint
):
    recipe = recipe_for("distill", model="answerer", source=str(instructions), stop={"max_requests": 28})
    folder = RunFolder.create(tmp_path / "run", recipe)
    run_here(folder)
    assert main(["generate", "batch", "write", str(folder.path)]) == 0
    requests = rows(folder.path / "batch-1.jsonl")
    assert [row["custom_id"].partition("/")[2] for row in requests] == ["answer/28", "answer/29"]
    assert requests[1]["body"]["messages"] == [{"role": "user", "content": "Say 29\n\naloud"}]
