"""`arena train` on the command line."""

from pathlib import Path

import pytest

from arena.cli import main
from tests.training.conftest import TINY_BASE, write_rows
from training.recipe import RECIPES


def test_show_prints_every_value_and_what_differs(capsys: pytest.CaptureFixture[str]):
    assert main(["train", "--show", "alpaca_7b", "optimizer.lr=1e-5"]) == 0
    shown = capsys.readouterr().out
    assert "4 differ from what was published" in shown
    assert any(line.split() == ["optimizer.lr", "1e-05", "(published:", "2e-05)"] for line in shown.splitlines())
    assert "batch.size" in shown


def test_a_mistake_in_a_recipe_is_one_message_and_exit_code_2(capsys: pytest.CaptureFixture[str]):
    assert main(["train", "debug_tiny", "optimizer.lrr=1"]) == 2
    assert "optimizer.lrr: is not a key here; did you mean `lr`?" in capsys.readouterr().err


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


def test_cost_is_gpus_times_hours_times_rate(capsys: pytest.CaptureFixture[str]):
    assert main(["train", "cost"]) == 0
    assert main(["train", "cost", "gpus=2", "hours=10", "rate=1"]) == 0
    assert capsys.readouterr().out.split() == ["$94.32", "$20.00"]


def test_cost_counts_what_an_adapter_trains(capsys: pytest.CaptureFixture[str]):
    assert main(["train", "cost", str(TINY_BASE), "adapter.method=lora", "adapter.r=2"]) == 0
    # Two layers; q: 64 × 64, v: 64 × 32.
    assert capsys.readouterr().out.startswith(f"{2 * 2 * (64 + 64 + 64 + 32):,} of ")


def test_a_cost_of_no_number_is_refused(capsys: pytest.CaptureFixture[str]):
    assert main(["train", "cost", "gpus=many"]) == 2
    assert "gpus=…" in capsys.readouterr().err
