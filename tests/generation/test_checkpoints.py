"""Checkpoints: what is wrong with a folder is told before anything is loaded."""

import json
import shutil
from pathlib import Path

import pytest

from generation.backends.registry import open_backend
from generation.errors import BadInput


def test_an_adapter_whose_base_is_not_here_is_refused(tiny_adapter: Path, tmp_path: Path):
    lonely = shutil.copytree(tiny_adapter, tmp_path / "lonely")
    config = json.loads((lonely / "adapter_config.json").read_text())
    (lonely / "adapter_config.json").write_text(json.dumps(config | {"base_model_name_or_path": "huggyllama/llama-7b"}))
    with pytest.raises(BadInput, match="adapter on “huggyllama/llama-7b”"):
        open_backend("transformers", {"folder": str(lonely)})


def test_every_fault_of_a_folder_is_told_at_once(copied: Path):
    weights = copied / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    (copied / "config.json").write_text("<html>")
    (copied / "tokenizer.json").unlink()
    with pytest.raises(BadInput) as refusal:
        open_backend("transformers", {"folder": str(copied)})
    config, tokenizer, size = refusal.value.faults
    assert config.endswith("config.json is missing or no JSON object")
    assert tokenizer.endswith("has no tokenizer (tokenizer.json)")
    assert "it was not copied whole" in size


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "pointer of Git LFS"),
        (b"<!doctype html><html></html>", "is no safetensors file"),
        (b"", "is no safetensors file"),
    ],
)
def test_what_only_looks_like_weights_is_told_apart(copied: Path, content: bytes, sentence: str):
    (copied / "model.safetensors").write_bytes(content)
    with pytest.raises(BadInput, match=sentence):
        open_backend("transformers", {"folder": str(copied)})


def test_a_missing_shard_and_pickled_weights_are_named(copied: Path):
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(BadInput, match=r"can run code and are not read"):
        open_backend("transformers", {"folder": str(copied)})
    index = {"weight_map": {"a": "model-00001-of-00001.safetensors"}}
    (copied / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(BadInput, match=r"model-00001-of-00001\.safetensors is missing"):
        open_backend("transformers", {"folder": str(copied)})
