"""From a recipe to a folder that ships: small, measured, and saying what the run says."""

import json
import tomllib
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from generation.backends.llama.language_model import load
from generation.checkpoints import open_checkpoint
from training.demo.shipping import ship
from training.demo.tasks import tasks


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
