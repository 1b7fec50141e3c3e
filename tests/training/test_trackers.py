"""Trackers, where they are installed: each gets every step."""

from pathlib import Path

import pytest

from tests.training.conftest import Runs


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
