"""Several ranks, and runs that were killed: the same losses as one process without interruption."""

import shutil
import subprocess
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM

from tests.training.conftest import ROOT, Runs, environment, log_of, losses, write_rows
from training.errors import TrainingError

SHORT = ("epochs=2.0", "checkpoint.every=3")  # 8 steps


def weights_of(run: Path) -> dict[str, object]:
    return dict(AutoModelForCausalLM.from_pretrained(run).named_parameters())


def forget_the_end(run: Path, *, keep: int) -> None:
    """Leave a run as a kill after `keep` steps leaves it."""
    (run / "run.toml").unlink(missing_ok=True)
    for checkpoint in (run / "checkpoints").iterdir():
        if int(checkpoint.name.removeprefix("step-")) > keep:
            shutil.rmtree(checkpoint)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, base: Path) -> Path:
    return Runs(tmp_path_factory.mktemp("alone"), base).here("alone", *SHORT)


@pytest.fixture(scope="module")
def in_two(tmp_path_factory: pytest.TempPathFactory, base: Path) -> Path:
    return Runs(tmp_path_factory.mktemp("in-two"), base).apart("in-two", *SHORT, start=["tests.training.two_ranks"])


def test_two_ranks_give_the_losses_of_one(alone: Path, in_two: Path):
    assert losses(in_two) == pytest.approx(losses(alone), abs=1e-6)


def test_two_ranks_leave_the_weights_of_one(alone: Path, in_two: Path):
    import torch

    expected = weights_of(alone)
    for name, parameter in weights_of(in_two).items():
        torch.testing.assert_close(parameter, expected[name], rtol=0, atol=1e-5)


def test_a_rank_without_an_example_in_a_step_changes_neither_the_loss_nor_the_weights(runs: Runs):
    """Of three examples in steps of two, the last step of each epoch has one, so one of two ranks has none."""
    import torch

    rows = [{"instruction": f"Say it {times} times.", "input": "", "output": "it " * times} for times in (2, 3, 4)]
    data = write_rows(runs.folder.with_name("three.jsonl"), rows)
    words = (f'data=["{data}"]', "batch.size=2", "epochs=2.0")
    one, two = runs.here("one", *words), runs.apart("two", *words, start=["tests.training.two_ranks"])
    assert [row["trained_tokens"] for row in log_of(two)] == [row["trained_tokens"] for row in log_of(one)]
    assert losses(two) == pytest.approx(losses(one), abs=1e-6)
    expected = weights_of(one)
    for name, parameter in weights_of(two).items():
        torch.testing.assert_close(parameter, expected[name], rtol=0, atol=1e-5)


def test_what_two_ranks_saved_one_goes_on_from(in_two: Path, runs: Runs):
    shutil.copytree(in_two, runs.folder / "in-two")
    forget_the_end(runs.folder / "in-two", keep=3)
    assert losses(runs.here("in-two", *SHORT, resume=True)) == pytest.approx(losses(in_two), abs=1e-6)


@pytest.mark.slow
def test_what_one_saved_two_ranks_go_on_from(alone: Path, runs: Runs):
    shutil.copytree(alone, runs.folder / "alone")
    forget_the_end(runs.folder / "alone", keep=3)
    assert losses(runs.apart("alone", *SHORT, resume=True)) == pytest.approx(losses(alone), abs=1e-6)


@pytest.mark.slow
def test_an_adapter_in_bf16_trains_on_two_ranks_as_on_one(runs: Runs):
    words = (
        "adapter.method=lora",
        'adapter.targets=["q_proj","v_proj"]',
        "epochs=1.0",
        "activation_checkpointing=true",
    )
    one, two = runs.here("one", *words), runs.apart("two", *words)
    assert losses(two) == pytest.approx(losses(one), abs=1e-5)
    half = runs.apart("half", *words, "dtype=bfloat16")
    assert losses(half) == pytest.approx(losses(one), rel=0.02)


def test_a_killed_run_goes_on_as_if_nothing_had_happened(runs: Runs, alone: Path):
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


def test_a_stopped_run_is_not_begun_anew_by_accident(runs: Runs):
    run = runs.here("stopped", *SHORT)
    forget_the_end(run, keep=3)
    with pytest.raises(TrainingError, match="stopped after step 3") as refused:
        runs.here("stopped", *SHORT)
    assert "--resume" in str(refused.value.hint)


def test_a_run_is_not_resumed_with_another_recipe(runs: Runs):
    run = runs.here("stopped", *SHORT)
    forget_the_end(run, keep=3)
    with pytest.raises(TrainingError, match=r"other values of optimizer\.lr"):
        runs.here("stopped", *SHORT, "optimizer.lr=1e-5", resume=True)


def test_half_a_checkpoint_counts_for_nothing(runs: Runs, alone: Path):
    shutil.copytree(alone, runs.folder / "alone")
    forget_the_end(runs.folder / "alone", keep=3)
    (runs.folder / "alone/checkpoints/.step-6").mkdir()
    assert losses(runs.here("alone", *SHORT, resume=True)) == losses(alone)
