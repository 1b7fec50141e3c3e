"""Preflight: every fault is found before anything is trained or written."""

import json
import shutil
from pathlib import Path

import pytest

from generation.errors import BadInput
from tests.training.conftest import TINY_BASE, Runs, write_rows
from training.errors import TrainingError
from training.preflight import estimate
from training.recipe import load_recipe
from training.sharded import Parameters


@pytest.fixture
def broken(base: Path, tmp_path: Path) -> Path:
    return shutil.copytree(base, tmp_path / "broken")


def fault_of(runs: Runs, *changes: str) -> str:
    with pytest.raises(TrainingError) as refused:
        runs.here("never", *changes)
    assert not (runs.folder / "never").exists()
    return str(refused.value)


def test_what_was_found_is_said_before_the_first_step(runs: Runs):
    heard: list[str] = []
    runs.here("heard", "epochs=0.5", say=heard.append)
    said = [line for line in heard if line.startswith("preflight: ")]
    assert "GB of memory" in said[0]
    assert "same logits" in said[1]
    assert said[2] == "preflight: licences: base Apache-2.0, data Apache-2.0"
    assert heard.index(said[-1]) < next(at for at, line in enumerate(heard) if line.startswith("step 1/"))


def test_a_base_that_was_cut_short_is_named(runs: Runs, broken: Path):
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    said = fault_of(runs, f"base={broken}")
    assert f"{weights} has " in said
    assert "it was not copied whole" in said


def test_a_base_without_weights_is_named(runs: Runs, broken: Path):
    (broken / "model.safetensors").unlink()
    assert f"{broken} has no safetensors" in fault_of(runs, f"base={broken}")


def test_a_base_that_is_nowhere_is_named(runs: Runs):
    with pytest.raises(BadInput, match="nowhere/at-all"):
        runs.here("never", "base=nowhere/at-all")


def test_all_faults_come_at_once(runs: Runs):
    said = fault_of(runs, "format=chatml", "max_length=9999", "batch.tokens_per_pass=2000000000")
    assert "'<|im_end|>', which is not one token" in said
    assert "max_length is 9999, the base reads 1024 tokens" in said
    assert "GB of memory" in said


def test_a_base_that_looks_back_no_further_than_a_window_is_not_given_more(runs: Runs, broken: Path):
    # Rows are attended to whole: a window would be passed over without a word.
    config = json.loads((broken / "config.json").read_text())
    windowed = {"model_type": "mistral", "architectures": ["MistralForCausalLM"], "sliding_window": 100}
    (broken / "config.json").write_text(json.dumps({**config, **windowed}))
    assert "max_length is 256, the base reads 100 tokens" in fault_of(runs, f"base={broken}")


def test_faulty_rows_are_named_before_weights_are_touched(runs: Runs, tmp_path: Path):
    data = write_rows(tmp_path / "rows.jsonl", [{"instruction": "a", "output": 1}])
    with pytest.raises(BadInput, match="row 1"):
        runs.here("never", f"data={data}")


def test_a_tracker_that_is_not_installed_is_named(runs: Runs):
    assert "the tracker wandb is not installed" in fault_of(runs, 'trackers=["wandb"]')


def test_only_checking_writes_nothing(runs: Runs):
    assert not runs.here("checked", only_check=True).exists()


def test_llama_7b_needs_what_its_weights_gradients_and_moments_take():
    from transformers import LlamaConfig

    recipe = load_recipe("alpaca_7b")
    needs = [
        estimate(recipe, Parameters(6_738_415_616, 6_738_415_616), LlamaConfig(), world=world).memory / 1e9
        for world in (1, 8)
    ]
    assert 108 < needs[0] < 120  # 16 bytes a weight, and the activations of a pass
    assert 13.5 < needs[1] < 25


def test_an_adapter_needs_a_fraction():
    from transformers import LlamaConfig

    recipe = load_recipe("alpaca_lora_7b")
    needs = estimate(recipe, Parameters(6_742_609_920, 4_194_304), LlamaConfig(), world=1)
    assert 13.5 < needs.memory / 1e9 < 25


def test_a_fresh_base_needs_no_weights(runs: Runs):
    assert (runs.here("fresh", f"base={TINY_BASE}", "fresh=true", "epochs=0.25") / "run.toml").exists()
