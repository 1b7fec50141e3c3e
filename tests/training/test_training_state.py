"""Saved training states: a run that was killed goes on to the same last digit."""

import shutil
import subprocess
from pathlib import Path

import pytest
import torch

from tests.training.conftest import ROOT, SHORT, Runs, environment, forget_the_end, losses
from training.ranks import joined_ranks
from training.training_state import TrainingStates


def test_a_killed_run_goes_on_as_if_nothing_had_happened(runs: Runs):
    """Killed with -9 in the middle of a step, with dropout in the weights so that random states count."""
    words = ("adapter.method=lora", 'adapter.targets=["q_proj"]', "adapter.dropout=0.5", "epochs=100.0")
    words = (*words, "checkpoint.every=3")
    process = subprocess.Popen(
        runs.command("killed", *words), cwd=ROOT, env=environment(), stderr=subprocess.PIPE, text=True
    )
    assert process.stderr
    for line in process.stderr:
        if line.startswith("step 8/"):
            break
    process.kill()
    process.wait()
    process.stderr.close()
    killed = runs.folder / "killed"
    assert not (killed / "run.toml").exists()
    before = losses(killed)

    shutil.copytree(killed, runs.folder / "again")
    newest = max(int(folder.name.removeprefix("step-")) for folder in (killed / "checkpoints").glob("step-*"))
    assert newest >= 6
    resumed = go_on(runs, "again", words, until=20)
    uninterrupted = go_on(runs, "whole", words, until=20)
    assert resumed == uninterrupted
    assert resumed[:newest] == before[:newest]


def go_on(runs: Runs, name: str, words: tuple[str, ...], *, until: int) -> list[float]:
    """Run or resume until step `until` and return the losses so far."""

    class Enough(Exception):
        pass

    def stop(line: str) -> None:
        if line.startswith(f"step {until}/"):
            raise Enough

    with pytest.raises(Enough):
        runs.here(name, *words, resume=(runs.folder / name).exists(), say=stop)
    return losses(runs.folder / name)[:until]


def test_half_a_checkpoint_counts_for_nothing(runs: Runs, alone: Path):
    shutil.copytree(alone, runs.folder / "alone")
    forget_the_end(runs.folder / "alone", keep=3)
    (runs.folder / "alone/checkpoints/.step-6").mkdir()
    assert losses(runs.here("alone", *SHORT, resume=True)) == losses(alone)


def stepped(value: float) -> tuple[torch.nn.Linear, torch.optim.Optimizer]:
    """Return weights of one value and their optimizer after a step, so that it has moments."""
    weights = torch.nn.Linear(2, 2, bias=False)
    optimizer = torch.optim.AdamW(weights.parameters(), lr=0.0)
    with torch.no_grad():
        weights.weight.fill_(value)
    weights(torch.full((1, 2), value)).sum().backward()
    optimizer.step()
    return weights, optimizer


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")  # of torch, about its own formats
def test_the_newest_states_stay_and_come_back_with_the_optimizer_s_moments(tmp_path: Path):
    states = TrainingStates(tmp_path, keep=2)
    (tmp_path / ".step-2").mkdir()  # left by a kill
    with joined_ranks({}) as ranks:
        for step in (1, 2, 10):
            weights, optimizer = stepped(float(step))
            states.save(step, weights, [optimizer], ranks)
        assert states.steps() == [2, 10]
        weights, optimizer = stepped(0.0)
        states.load(2, weights, [optimizer])
    assert weights.weight.tolist() == [[2.0, 2.0], [2.0, 2.0]]
    expected = stepped(2.0)[1].state_dict()["state"][0]
    [moments] = optimizer.state_dict()["state"].values()
    assert torch.equal(moments["exp_avg"], expected["exp_avg"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-10", "step-2"]


def test_a_run_without_a_saved_state_begins_at_the_beginning(tmp_path: Path):
    assert TrainingStates(tmp_path / "none", keep=1).steps() == []
