"""Making the contenders: each after its base, and the same again."""

import tomllib
from itertools import takewhile
from pathlib import Path

import pytest

from tests.training.demo.conftest import train_on
from training.demo.making import AFTER, RUNS
from training.recipe import load_recipe


@pytest.mark.parametrize("recipe", ["tiny_base", "tiny_alpaca_lora"])
def test_a_second_making_gives_the_same_weights(recipe: str, tmp_path: Path, runs: Path):
    again = train_on(recipe, material=runs, out=tmp_path)
    records = [tomllib.loads((folder / again.name / "run.toml").read_text()) for folder in (runs, tmp_path)]
    assert records[0]["weights_sha256"] == records[1]["weights_sha256"]


@pytest.mark.parametrize(("recipe", "parent"), [(one, parent) for one, parent in AFTER.items() if parent])
def test_a_recipe_begins_with_the_run_that_was_made_before_it(recipe: str, parent: str):
    assert parent in takewhile(lambda one: one != recipe, AFTER)
    assert load_recipe(recipe).base == str(RUNS / load_recipe(parent).name)
