"""The folder of a run: who may write to it, and from which step."""

import shutil
from pathlib import Path

import pytest

from tests.training.conftest import SHORT, Runs, forget_the_end, losses, write_rows
from training.errors import TrainingError
from training.ranks import joined_ranks
from training.recipe import load_recipe
from training.run_folder import claim
from training.training_state import TrainingStates


def test_a_finished_run_is_never_overwritten(trained: Path, base: Path):
    with pytest.raises(TrainingError, match="finished run") as refused:
        Runs(trained.parent, base).here("trained")
    assert "name=" in str(refused.value.hint)


def test_a_stopped_run_is_not_begun_anew_by_accident(runs: Runs, alone: Path):
    run = shutil.copytree(alone, runs.folder / "stopped")
    forget_the_end(run, keep=3)
    with pytest.raises(TrainingError, match="stopped after step 3") as refused:
        runs.here("stopped", *SHORT)
    assert "--resume" in str(refused.value.hint)


def test_a_run_is_not_resumed_with_another_recipe(runs: Runs, alone: Path):
    run = shutil.copytree(alone, runs.folder / "stopped")
    forget_the_end(run, keep=3)
    with pytest.raises(TrainingError, match=r"other values of optimizer\.lr"):
        runs.here("stopped", *SHORT, "optimizer.lr=1e-5", resume=True)


def test_a_run_is_not_resumed_on_data_that_was_edited_since(runs: Runs, tmp_path: Path):
    data = write_rows(tmp_path / "rows.jsonl", [{"instruction": "a", "output": "b"}])
    recipe = load_recipe("debug_tiny", changes=[f"data={data}"])
    folder, states = runs.folder / "edited", TrainingStates(tmp_path / "states", keep=1)
    with joined_ranks({}) as ranks:
        assert claim(folder, recipe, states, resume=False, ranks=ranks) == 0
        assert claim(folder, recipe, states, resume=True, ranks=ranks) == 0
        write_rows(data, [{"instruction": "a", "output": "c"}])
        with pytest.raises(TrainingError, match="other values of data_sha256"):
            claim(folder, recipe, states, resume=True, ranks=ranks)


def test_what_is_only_shown_or_saved_may_change_when_a_run_is_resumed(runs: Runs, alone: Path):
    run = shutil.copytree(alone, runs.folder / "renamed")
    forget_the_end(run, keep=3)
    resumed = runs.here("renamed", *SHORT, "about=Another.", "checkpoint.every=0", resume=True)
    assert losses(resumed) == losses(alone)
