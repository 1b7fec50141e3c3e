"""The run folder: begun once from copies, opened again as it was saved."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from generation.errors import BadInput
from generation.recipe import load_recipe, recipe_path
from generation.runs.run_folder import RunFolder
from generation.seed_tasks import load_seed_tasks

SEED = {
    "id": "1",
    "name": "add",
    "instruction": "Add the numbers.",
    "instances": [{"input": "1, 2", "output": "3"}],
    "is_classification": False,
}


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps(SEED) + "\n")
    return path


def test_a_run_keeps_the_tasks_that_it_began_with(tmp_path: Path, seeds: Path):
    recipe = load_recipe(recipe_path("alpaca"), changes={"source": str(seeds)})
    folder = RunFolder.create(tmp_path / "run", recipe)
    seeds.write_text(json.dumps(SEED | {"instruction": "Something else."}))
    assert [task.instruction for task in load_seed_tasks(folder.source)] == ["Add the numbers."]


def test_only_our_own_seed_tasks_have_a_licence_that_is_known(tmp_path: Path, seeds: Path):
    ours = RunFolder.create(tmp_path / "ours", load_recipe(recipe_path("alpaca")))
    theirs = RunFolder.create(tmp_path / "theirs", load_recipe(recipe_path("alpaca"), changes={"source": str(seeds)}))
    assert ours.recipe.source_licence == "Apache-2.0"
    assert theirs.recipe.source_licence == load_recipe(recipe_path("alpaca")).source_licence != "Apache-2.0"


def test_a_saved_recipe_is_opened_again_with_changes_laid_over_it(tmp_path: Path):
    folder = RunFolder.create(tmp_path / "run", load_recipe(recipe_path("alpaca")))
    folder.save(replace(folder.recipe, seed=7))
    opened = RunFolder.open(folder.path, changes={"stop": {"target": 5}})
    assert (opened.recipe.seed, opened.recipe.stop.target) == (7, 5)
    assert sorted(path.name for path in folder.path.iterdir()) == ["recipe.toml", "source.jsonl"]


def test_a_folder_is_not_begun_where_something_else_lies(tmp_path: Path):
    recipe = load_recipe(recipe_path("alpaca"))
    (tmp_path / "run").mkdir()
    RunFolder.create(tmp_path / "run", recipe)
    RunFolder.create(tmp_path / "run", recipe)  # no session has begun in it
    (tmp_path / "run" / "journal.jsonl").touch()
    with pytest.raises(BadInput, match="holds a run"):
        RunFolder.create(tmp_path / "run", recipe)
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match="is not empty"):
        RunFolder.create(tmp_path / "file", recipe)


def test_a_source_that_cannot_be_read_leaves_no_folder_behind(tmp_path: Path):
    recipe = load_recipe(recipe_path("alpaca"), changes={"source": str(tmp_path / "nowhere.jsonl")})
    with pytest.raises(BadInput, match=r"nowhere\.jsonl cannot be read"):
        RunFolder.create(tmp_path / "run", recipe)
    assert not (tmp_path / "run").exists()
