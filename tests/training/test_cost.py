"""What a run costs and how many weights it has, against published figures."""

import json
from pathlib import Path

import pytest
from transformers import LlamaConfig, MT5Config

from generation.errors import BadInput
from training.cost import count_parameters, dollars
from training.recipe import Adapter


def test_the_default_is_the_cost_of_alpaca_7b():
    assert dollars() == pytest.approx(94.32)


def test_lora_on_mt0_large_has_the_published_counts(tmp_path: Path):
    mt0_large = MT5Config(
        d_model=1024,
        d_kv=64,
        d_ff=2816,
        num_layers=24,
        num_heads=16,
        vocab_size=250112,
        feed_forward_proj="gated-gelu",
    )
    # As the published file has it; transformers 5 would write otherwise.
    (tmp_path / "config.json").write_text(json.dumps({**mt0_large.to_dict(), "tie_word_embeddings": False}))
    counted = count_parameters(str(tmp_path), Adapter("lora", r=8))
    assert (counted.trained, counted.total) == (2_359_296, 1_231_940_608)
    assert f"{counted.trained / counted.total:.4%}" == "0.1915%"


def test_the_weights_of_llama_7b_are_counted_from_its_configuration(tmp_path: Path):
    LlamaConfig(vocab_size=32000).save_pretrained(tmp_path)
    assert count_parameters(str(tmp_path)).total == 6_738_415_616


def test_a_folder_without_configuration_is_refused(tmp_path: Path):
    with pytest.raises(BadInput, match=r"no config\.json"):
        count_parameters(str(tmp_path))
