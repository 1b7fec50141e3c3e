"""Progress: every step goes to the log, to people and to the trackers that are installed."""

from pathlib import Path

import pytest
import torch

from tests.training.conftest import Runs, log_of, write_rows
from training.optimizer_step import StepResult
from training.progress import TrainingProgress, loss_plot, read_log
from training.ranks import Ranks
from training.recipe import load_recipe


def test_tensorboard_gets_every_step(runs: Runs):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = runs.here("tracked", "epochs=1.0", 'trackers=["tensorboard"]')
    events = EventAccumulator(str(run / "tensorboard")).Reload()
    assert [event.step for event in events.Scalars("loss")] == [1, 2, 3, 4]


def test_trackio_gets_every_step(runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))  # read when trackio is imported
    pytest.importorskip("trackio", reason="trackio is not installed")
    import sqlite3

    runs.here("tracked", "epochs=1.0", 'trackers=["trackio"]')
    with sqlite3.connect(tmp_path / "trackio/alpaca-arena.db") as database:
        rows = database.execute("select run_name, step from metrics order by step").fetchall()
    assert rows == [("tracked", step) for step in (1, 2, 3, 4)]


def test_each_step_has_its_line(trained: Path):
    row = log_of(trained)[0]
    assert {"loss", "lr", "grad_norm", "tokens_per_s", "mfu", "memory_mb", "eta_s", "cost_usd"} <= row.keys()


def test_a_line_that_a_kill_left_half_written_is_no_step(tmp_path: Path):
    log = tmp_path / "log.jsonl"
    log.write_text('{"step": 1, "loss": 2.5}\n{"step": 2, "lo')
    assert read_log(log) == [{"step": 1, "loss": 2.5}]
    assert read_log(tmp_path / "none.jsonl") == []


def test_a_resumed_log_loses_the_steps_that_come_again_and_counts_their_time_on(tmp_path: Path):
    steps = [{"step": step, "loss": 1.0, "seconds": 10.0 * step} for step in (1, 2, 3)]
    write_rows(tmp_path / "log.jsonl", steps)
    recipe, ranks = load_recipe("debug_tiny", changes=["price_per_gpu_hour=3600.0"]), Ranks(0, 2, torch.device("cpu"))
    said: list[str] = []
    with TrainingProgress(tmp_path, recipe, ranks, done=2, num_steps=4, size=1, say=said.append) as progress:
        progress.tell(3, StepResult(0.5, 1.0, 8, 4, 8), lr=1e-3)
    rows = read_log(tmp_path / "log.jsonl")
    assert [(row["step"], row["loss"]) for row in rows] == [(1, 1.0), (2, 1.0), (3, 0.5)]
    assert rows[-1]["seconds"] > 20
    assert rows[-1]["cost_usd"] == pytest.approx(2 * rows[-1]["seconds"])  # a dollar a second on each of two
    assert said[0].startswith("step 3/4  loss 0.5000")


def test_ranks_but_the_first_write_nothing(tmp_path: Path):
    other = Ranks(1, 2, torch.device("cpu"))
    with TrainingProgress(
        tmp_path, load_recipe("debug_tiny"), other, done=0, num_steps=1, size=1, say=lambda _: None
    ) as progress:
        progress.tell(1, StepResult(0.5, 1.0, 8, 4, 8), lr=1e-3)
    assert not list(tmp_path.iterdir())


def test_the_plot_of_a_loss_that_never_changed_is_a_line_within_the_picture():
    picture = loss_plot([2.0, 2.0, 2.0])
    assert 'points="50.0,20.0 335.0,20.0 620.0,20.0"' in picture
    assert "Loss over 3 steps, from 2.0000 to 2.0000" in picture
