"""Several ranks: the same losses and weights as one process."""

import shutil
from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM

from tests.training.conftest import SHORT, Runs, forget_the_end, log_of, losses, write_rows


def weights_of(run: Path) -> dict[str, object]:
    return dict(AutoModelForCausalLM.from_pretrained(run).named_parameters())


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
