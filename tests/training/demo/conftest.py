"""What the tests of the demo share: a base and an adapter, trained for a few steps."""

from pathlib import Path

import pytest

pytest.importorskip("torch")
pytest.importorskip("peft")

from training.demo.material import write_material
from training.finetune import finetune
from training.recipe import load_recipe


def train_on(recipe: str, *, material: Path, out: Path) -> Path:
    start, text, chat = (material / "material" / name for name in ("start", "text.txt", "alpaca.json"))
    base, data = (start, text) if recipe == "tiny_base" else (material / "tiny-base", chat)
    return finetune(load_recipe(recipe, changes=[f"base={base}", f'data=["{data}"]']), runs=out, environment={})


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The material and the runs of a base and an adapter, each of a few steps."""
    folder = tmp_path_factory.mktemp("runs")
    write_material(folder / "material", scale=0.005)
    for recipe in ("tiny_base", "tiny_alpaca_lora"):
        train_on(recipe, material=folder, out=folder)
    return folder
