"""The shape of a network, as `config.json` tells it."""

import json
from pathlib import Path

import pytest

from generation.backends.llama.shape import read_shape

pytest.importorskip("torch")


@pytest.mark.parametrize("key", ["hidden_act", "attention_bias", "mlp_bias", "rope_parameters", "tie_word_embeddings"])
def test_null_in_config_json_is_what_a_missing_key_is(random_llama: Path, key: str):
    config = json.loads((random_llama / "config.json").read_text())
    del config[key]
    assert read_shape({**config, key: None, "rms_norm_eps": None, "rope_theta": None}) == read_shape(
        {name: value for name, value in config.items() if name != "rms_norm_eps"}
    )
