"""From a recipe to a folder that ships: small, measured, and saying what the run says."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from generation.backends.llama.language_model import LanguageModel, load
from generation.checkpoints import open_checkpoint
from training.demo.material import write_material
from training.demo.measurement import measure
from training.demo.tasks import tasks

pytest.importorskip("torch")
pytest.importorskip("peft")

from training.demo.shipping import ship
from training.finetune import finetune
from training.recipe import load_recipe


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The material and the runs of a base and an adapter, each of a few steps."""
    folder = tmp_path_factory.mktemp("runs")
    write_material(folder / "material", scale=0.005)
    start, text, chat = (folder / "material" / name for name in ("start", "text.txt", "alpaca.json"))
    for recipe, base, data in (("tiny_base", start, text), ("tiny_alpaca_lora", folder / "tiny-base", chat)):
        loaded = load_recipe(recipe, changes=[f"base={base}", f'data=["{data}"]'])
        finetune(loaded, runs=folder, environment={})
    return folder


def test_the_material_is_the_same_again(tmp_path: Path, runs: Path):
    write_material(tmp_path, scale=0.005)
    for name in ("text.txt", "alpaca.json", "sharegpt.json", "start/tokenizer.json", "start/config.json"):
        assert (tmp_path / name).read_bytes() == (runs / "material" / name).read_bytes()


def test_base_and_adapter_ship_in_half_precision_and_load_from_there(runs: Path, tmp_path: Path):
    for name in ("tiny-base", "tiny-alpaca-lora"):
        measured = ship(runs / name, tmp_path / name, items=1, dialogues=1)
        assert {*measured.held} == {f"{task.language} {task.name}" for task in tasks()}
        assert json.loads((tmp_path / name / "measured.json").read_text())["held_mean"] == round(measured.held_mean, 3)
        record = tomllib.loads((tmp_path / name / "run.toml").read_text())
        assert (
            f"{record['counts']['trainable_parameters']:,} were trained" in (tmp_path / name / "README.md").read_text()
        )
    tensors = load_file(tmp_path / "tiny-alpaca-lora" / "adapter_model.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype(np.float16)}
    assert sum(path.stat().st_size for path in (tmp_path / "tiny-alpaca-lora").iterdir()) < 400_000
    assert str(tmp_path) not in (tmp_path / "tiny-alpaca-lora" / "adapter_config.json").read_text()
    adapted, base = (load(open_checkpoint(tmp_path / name)) for name in ("tiny-alpaca-lora", "tiny-base"))
    assert adapted.network is not base.network


def test_a_measurement_is_the_same_again(runs: Path):
    model: LanguageModel = load(open_checkpoint(runs / "tiny-base"))
    assert measure(model, items=1, dialogues=2) == measure(model, items=1, dialogues=2)
