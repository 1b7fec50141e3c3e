"""Weights: read within a bound, adapters merged in as PEFT applies them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation.backends.registry import open_backend
from generation.errors import BadInput
from tests.generation.backends.llamas import logits_by_torch, logits_of, write_adapter

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


def test_an_adapter_that_leaves_its_alpha_out_has_pefts_own(random_llama: Path, tmp_path: Path):
    rng = np.random.default_rng(1)
    a, b = (rng.normal(size=size).astype(np.float32) for size in ((4, 64), (96, 4)))
    tensors = {"layers.1.mlp.up_proj.lora_A.weight": a, "layers.1.mlp.up_proj.lora_B.weight": b}
    stated = write_adapter(tmp_path / "stated", random_llama, {"peft_type": "LORA", "r": 4, "lora_alpha": 8}, tensors)
    silent = write_adapter(tmp_path / "silent", random_llama, {"peft_type": "LORA", "r": 4}, tensors)
    assert np.array_equal(logits_of(silent), logits_of(stated))


def test_a_lora_adapter_is_added_to_the_weights_it_names(random_llama: Path, tmp_path: Path):
    rng = np.random.default_rng(1)
    a, b = (rng.normal(size=size).astype(np.float32) for size in ((4, 64), (96, 4)))
    tensors = {"layers.1.mlp.up_proj.lora_A.weight": a, "layers.1.mlp.up_proj.lora_B.weight": b}
    adapter = write_adapter(tmp_path / "lora", random_llama, {"peft_type": "LORA", "r": 4, "lora_alpha": 8}, tensors)
    weights = transformers.LlamaForCausalLM.from_pretrained(random_llama)
    with torch.no_grad():
        weights.model.layers[1].mlp.up_proj.weight += 2 * torch.tensor(b) @ torch.tensor(a)
    assert np.abs(logits_of(adapter) - logits_by_torch(weights)).max() < 1e-4


def test_an_ia3_adapter_rescales_keys_values_and_what_goes_down(random_llama: Path, tmp_path: Path):
    rng = np.random.default_rng(2)
    keys, down = (rng.normal(1, 0.5, size=size).astype(np.float32) for size in ((64, 1), (1, 96)))
    tensors = {"layers.0.self_attn.k_proj.ia3_l": keys, "layers.0.mlp.down_proj.ia3_l": down}
    adapter = write_adapter(tmp_path / "ia3", random_llama, {"peft_type": "IA3"}, tensors)
    weights = transformers.LlamaForCausalLM.from_pretrained(random_llama)
    layer = weights.model.layers[0]
    layer.self_attn.k_proj.register_forward_hook(lambda _module, _given, out: out * torch.tensor(keys[:, 0]))
    layer.mlp.down_proj.register_forward_pre_hook(lambda _module, given: (given[0] * torch.tensor(down[0]),))
    assert np.abs(logits_of(adapter) - logits_by_torch(weights)).max() < 1e-4


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"peft_type": "LOHA"}, "only LORA and IA3"),
        ({"peft_type": "LORA", "lora_alpha": 8, "use_dora": True}, "use_dora"),
        ({"peft_type": "LORA", "lora_alpha": 8, "modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"peft_type": "LORA", "lora_alpha": 8}, "does not fit this base"),
    ],
)
def test_an_adapter_that_cannot_be_applied_is_refused(
    random_llama: Path, tmp_path: Path, config: dict[str, Any], words: str
):
    odd = {"layers.7.mlp.up_proj.lora_A.weight": np.zeros((2, 64), np.float32)}
    adapter = write_adapter(tmp_path / "odd", random_llama, config, odd)
    with pytest.raises(BadInput, match=words):
        open_backend("numpy", {"folder": str(adapter)})


def test_too_large_a_checkpoint_is_refused_before_it_is_read(random_llama: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("generation.backends.llama.weights.MAX_BYTES", 100_000)
    with pytest.raises(BadInput, match="GB of weights"):
        open_backend("numpy", {"folder": str(random_llama)})
