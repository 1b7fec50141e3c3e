"""Recipes: inheritance, overrides, faults, and the published constants."""

from pathlib import Path

import pytest

from generation.errors import BadInput
from training.recipe import RECIPES, load_recipe

SHIPPED = sorted(path.stem for path in RECIPES.glob("*.toml"))


@pytest.mark.parametrize("name", SHIPPED)
def test_every_recipe_that_ships_is_sound(name: str):
    assert load_recipe(name).about


def test_alpaca_7b_has_the_published_constants():
    values = load_recipe("alpaca_7b").values()
    published = {
        "batch.size": 128,
        "epochs": 3.0,
        "optimizer.lr": 2e-5,
        "optimizer.betas": (0.9, 0.999),
        "optimizer.weight_decay": 0.0,
        "optimizer.clip": 1.0,
        "optimizer.schedule": "cosine",
        "optimizer.warmup": 0.03,
        "max_length": 512,
        "dtype": "bfloat16",
        "format": "alpaca",
    }
    assert {key: values[key] for key in published} == published


def test_every_fault_is_named_and_an_unknown_key_with_the_closest(tmp_path: Path):
    faulty = tmp_path / "faulty.toml"
    faulty.write_text('extends = "alpaca_7b"\nmax_lenght = 3\nformat = "vicuna"\n[optimizer]\nlr = -1\n')
    with pytest.raises(BadInput) as refused:
        load_recipe(faulty)
    assert "faulty.toml:2: max_lenght: is not a key here; did you mean `max_length`?" in str(refused.value)
    assert "faulty.toml:5: optimizer.lr: must be a number above 0, not -1" in str(refused.value)


def test_a_recipe_that_extends_itself_is_refused(tmp_path: Path):
    (tmp_path / "a.toml").write_text('extends = "b.toml"\n')
    (tmp_path / "b.toml").write_text('extends = "a.toml"\n')
    with pytest.raises(BadInput, match="extends itself"):
        load_recipe(tmp_path / "a.toml")


def test_an_unknown_recipe_is_refused_with_those_that_ship():
    with pytest.raises(BadInput, match="no recipe alpaca_8b") as refused:
        load_recipe("alpaca_8b")
    assert "alpaca_7b" in str(refused.value.hint)


def test_a_path_is_found_beside_the_recipe_that_names_it(tmp_path: Path):
    (tmp_path / "rows.jsonl").touch()
    (tmp_path / "mine.toml").write_text('extends = "alpaca_7b"\ndata = "rows.jsonl"\n')
    assert load_recipe(tmp_path / "mine.toml").data == (str(tmp_path / "rows.jsonl"),)


def test_a_change_without_a_value_is_refused():
    with pytest.raises(BadInput, match="epochs is not key=value"):
        load_recipe("alpaca_7b", changes=["epochs"])
