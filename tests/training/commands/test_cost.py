"""`arena train cost`: dollars, or weights."""

import pytest

from arena.cli import main
from tests.training.conftest import TINY_BASE


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


def test_a_figure_that_is_not_part_of_the_cost_is_refused(capsys: pytest.CaptureFixture[str]):
    assert main(["train", "cost", "cpus=2"]) == 2
    assert "hours=…" in capsys.readouterr().err
