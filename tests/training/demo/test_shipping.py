"""From a recipe to a folder that ships: small, measured, and saying what the run says."""

import itertools
import json
import random
import tomllib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from generation.backends.llama.language_model import load
from generation.checkpoints import open_checkpoint
from generation.conversation import Sampling
from training.demo.material import write_material
from training.demo.tasks import ask, tasks

pytest.importorskip("torch")
pytest.importorskip("peft")

from training.demo.measurement import measure
from training.demo.shipping import ship
from training.demo.speaker import MAX_TOKENS, load_speaker
from training.finetune import finetune
from training.recipe import load_recipe


def _train(recipe: str, *, material: Path, out: Path) -> Path:
    start, text, chat = (material / "material" / name for name in ("start", "text.txt", "alpaca.json"))
    base, data = (start, text) if recipe == "tiny_base" else (material / "tiny-base", chat)
    return finetune(load_recipe(recipe, changes=[f"base={base}", f'data=["{data}"]']), runs=out, environment={})


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The material and the runs of a base and an adapter, each of a few steps."""
    folder = tmp_path_factory.mktemp("runs")
    write_material(folder / "material", scale=0.005)
    for recipe in ("tiny_base", "tiny_alpaca_lora"):
        _train(recipe, material=folder, out=folder)
    return folder


def test_the_material_is_the_same_again(tmp_path: Path, runs: Path):
    write_material(tmp_path, scale=0.005)
    for name in ("text.txt", "alpaca.json", "sharegpt.json", "start/tokenizer.json", "start/config.json"):
        assert (tmp_path / name).read_bytes() == (runs / "material" / name).read_bytes()


@pytest.mark.parametrize("recipe", ["tiny_base", "tiny_alpaca_lora"])
def test_a_second_making_gives_the_same_weights(recipe: str, tmp_path: Path, runs: Path):
    again = _train(recipe, material=runs, out=tmp_path)
    records = [tomllib.loads((folder / again.name / "run.toml").read_text()) for folder in (runs, tmp_path)]
    assert records[0]["weights_sha256"] == records[1]["weights_sha256"]


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
    speaker = load_speaker(runs / "tiny-base")
    assert measure(speaker, items=1, dialogues=2) == measure(speaker, items=1, dialogues=2)


@pytest.mark.parametrize("name", ["tiny-alpaca", "tiny-alpaca-lora", "tiny-vicuna"])
def test_what_is_measured_is_what_the_arena_says(name: str):
    folder = Path(str(files("arena") / "demo" / name))
    served, dice = load(open_checkpoint(folder)), random.Random(0)
    asked = [ask(task, dice, content="held_out").question for task in tasks()]
    replies = load_speaker(folder).replies([[question] for question in asked])
    for question, said in zip(asked, replies, strict=True):
        tokens = served.draw(served.prompt([question]), Sampling(max_tokens=MAX_TOKENS))
        written = list(itertools.takewhile(lambda token: token not in served.ends, tokens))
        assert served.decode(written).strip() == said
