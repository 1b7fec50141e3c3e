"""Sessions of a run: begun, resumed, replayed, refused."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from generation.asking.journal import Journal
from generation.asking.stopping import Reason
from generation.errors import GenerationError
from generation.recipe import load_recipe, recipe_path
from generation.runs.run_folder import RunFolder
from generation.runs.session import opened_journal, replay
from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.conftest import MakeRecipe, rows, run_here


def test_a_raised_target_goes_on_and_pays_for_nothing_twice(
    tmp_path: Path, recipe_for: MakeRecipe, fake_endpoint: FakeEndpoint
):
    folder = RunFolder.create(tmp_path / "run", recipe_for())
    run_here(folder)
    first = rows(folder.path / "examples.jsonl")
    more = folder.save(replace(folder.recipe, stop=replace(folder.recipe.stop, target=120)))
    assert run_here(more).reason is Reason.TARGET
    assert rows(folder.path / "examples.jsonl")[: len(first)] == first
    prompts = [call.body["messages"][0]["content"] for call in fake_endpoint.calls]
    assert len(prompts) == len(set(prompts))


def test_a_scripted_teacher_rehearses_a_run_without_a_network(tmp_path: Path):
    changes = {"endpoint": {"options": {"first_token_s": 0.0}}, "stop": {"target": 10}}
    folder = RunFolder.create(tmp_path / "run", load_recipe(recipe_path("demo"), changes=changes))
    assert run_here(folder).reason is Reason.TARGET
    assert len(rows(folder.path / "examples.jsonl")) >= 10


def test_a_run_is_replayed_from_its_journal_without_asking_anything(
    tmp_path: Path, recipe_for: MakeRecipe, fake_endpoint: FakeEndpoint
):
    folder = RunFolder.create(tmp_path / "run", recipe_for(price={"input": 0.15, "output": 0.6}, stop={"target": 20}))
    run_here(folder)
    num_asked = len(fake_endpoint.calls)
    with Journal(folder.journal) as journal:
        past = asyncio.run(replay(folder, journal))
    assert [example.instruction for example in past.harvest.kept] == [
        row["instruction"] for row in rows(folder.path / "examples.jsonl")
    ]
    summary = json.loads((folder.path / "summary.json").read_text())
    assert past.asking.budget.cost == pytest.approx(summary["cost_usd"])
    assert len(fake_endpoint.calls) == num_asked


def test_a_run_that_another_process_is_writing_is_left_alone(tmp_path: Path, recipe_for: MakeRecipe):
    folder = RunFolder.create(tmp_path / "run", recipe_for())
    with opened_journal(folder), pytest.raises(GenerationError, match="another process is writing its journal"):
        run_here(folder)
