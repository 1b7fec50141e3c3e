"""`arena train stats`: what a data file holds, before anything is trained on it."""

from pathlib import Path

import pytest

from arena.cli import main
from tests.training.conftest import TINY_BASE, write_rows
from training.recipe import RECIPES


def test_stats_tell_lengths_and_padding_and_what_is_cut_off(capsys: pytest.CaptureFixture[str]):
    data = RECIPES / "debug_tiny.jsonl"
    assert main(["train", "stats", str(data), f"base={TINY_BASE}", "max_length=60"]) == 0
    shown = capsys.readouterr().out
    assert "31 examples" in shown  # of 32, one has nothing to learn
    assert "truncated at 60" in shown
    assert "the published Alpaca command, 8 ranks" in shown


def test_stats_of_a_file_that_is_not_there_ask_for_nothing_else(capsys: pytest.CaptureFixture[str]):
    assert main(["train", "stats", "nowhere.jsonl", "base=no/such-base"]) == 2
    assert "There is no file nowhere.jsonl." in capsys.readouterr().err


def test_stats_name_the_rows_that_have_nothing_to_learn(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    rows = [{"instruction": "x " * 99, "output": "y"}, {"instruction": "a", "output": "b"}]
    data = write_rows(tmp_path / "rows.jsonl", rows)
    assert main(["train", "stats", str(data), f"base={TINY_BASE}", "max_length=80"]) == 0
    assert "left out, with nothing to learn: 1 (rows.jsonl row 1)" in capsys.readouterr().out
