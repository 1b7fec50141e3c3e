"""`arena train --show`: every value, and what differs from what was published."""

from pathlib import Path

import pytest

from arena.cli import main
from training.commands.show import differences, show
from training.recipe import load_recipe


def test_show_prints_every_value_and_what_differs(capsys: pytest.CaptureFixture[str]):
    assert main(["train", "--show", "alpaca_7b", "optimizer.lr=1e-5"]) == 0
    shown = capsys.readouterr().out
    assert "4 differ from what was published" in shown
    assert any(line.split() == ["optimizer.lr", "1e-05", "(published:", "2e-05)"] for line in shown.splitlines())
    assert "batch.size" in shown


def test_a_recipe_says_what_differs_from_the_published_one_it_extends(tmp_path: Path):
    mine = tmp_path / "mine.toml"
    mine.write_text('extends = "alpaca_7b"\n[optimizer]\nlr = 1e-5\n')
    recipe = load_recipe(mine, changes=["batch.size=64"])
    assert (recipe.name, recipe.optimizer.lr, recipe.batch.size) == ("mine", 1e-5, 64)
    departures = differences("alpaca_7b")
    assert {**departures, "optimizer.lr": 2e-5, "batch.size": 128} == differences(mine, changes=["batch.size=64"])


def test_a_recipe_that_ships_says_where_it_departs_from_what_was_published():
    differing = differences("alpaca_lora_7b")
    assert differing["dtype"] == "float16 over weights in 8 bits"
    assert "optimizer.lr" not in differing


def test_a_recipe_of_ones_own_departs_from_nothing(tmp_path: Path):
    mine = tmp_path / "mine.toml"
    mine.write_text('base = "x"\ndata = "y.jsonl"\n[optimizer]\nlr = 1e-5\n')
    assert differences(mine) == {}
    assert show(mine).startswith("mine: as published\n")
