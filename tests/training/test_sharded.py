"""Weights made ready to train: loaded or fresh, adapted, and the same on every way there."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from generation.errors import BadInput
from tests.training.conftest import TINY_BASE, Runs, losses
from training.errors import TrainingError
from training.recipe import TrainingRecipe, load_recipe
from training.sharded import Parameters, load_config, load_tokenizer, load_weights, skeleton


def recipe_on(base: Path, *changes: str) -> TrainingRecipe:
    return load_recipe("debug_tiny", changes=[f"base={base}", "fresh=false", *changes])


def test_fresh_weights_begin_from_nothing_but_the_seed(runs: Runs):
    one = runs.here("one", f"base={TINY_BASE}", "fresh=true", "epochs=0.5")
    two = runs.here("two", f"base={TINY_BASE}", "fresh=true", "epochs=0.5")
    other = runs.here("other", f"base={TINY_BASE}", "fresh=true", "epochs=0.5", "seed=1")
    assert losses(one) == losses(two) != losses(other)


def test_bf16_is_computed_in_and_float32_is_kept(runs: Runs):
    run = runs.here("bf16", "dtype=bfloat16", "epochs=1.0")
    exact = runs.here("exact", "epochs=1.0")
    assert losses(run) == pytest.approx(losses(exact), rel=0.02)
    assert losses(run) != losses(exact)
    weights = AutoModelForCausalLM.from_pretrained(run, dtype="auto")
    assert {parameter.dtype for parameter in weights.parameters()} == {torch.bfloat16}


def test_activation_checkpointing_changes_no_loss(runs: Runs):
    on = runs.here("on", "activation_checkpointing=true", "epochs=1.0")
    off = runs.here("off", "activation_checkpointing=false", "epochs=1.0")
    assert losses(on) == losses(off)


LORA = ("adapter.method=lora", 'adapter.targets=["q_proj"]')


@pytest.mark.parametrize("changes", [(), LORA], ids=["full", "lora"])
def test_a_skeleton_has_every_weight_of_the_real_thing_and_no_memory(base: Path, changes: tuple[str, ...]):
    """Ranks but the first begin with it, and are sent values by name."""
    recipe = recipe_on(base, *changes)
    bones, real = (dict(make(recipe).named_parameters()) for make in (skeleton, load_weights))
    assert {name: (one.shape, one.requires_grad) for name, one in bones.items()} == {
        name: (one.shape, one.requires_grad) for name, one in real.items()
    }
    assert {one.device.type for one in bones.values()} == {"meta"}


def test_a_frozen_base_is_held_in_the_recipes_dtype_and_its_adapter_is_all_that_learns(base: Path):
    weights = load_weights(recipe_on(base, *LORA, "dtype=bfloat16"))
    frozen = {one.dtype for one in weights.parameters() if not one.requires_grad}
    assert frozen == {torch.bfloat16}
    assert all("lora" in name for name, one in weights.named_parameters() if one.requires_grad)
    assert 0 < Parameters.of(weights).trained < Parameters.of(weights).total / 10


def test_an_adapter_for_layers_that_are_not_there_is_refused_with_the_key(base: Path):
    with pytest.raises(TrainingError, match="No adapter fits") as refused:
        load_weights(recipe_on(base, "adapter.method=lora", 'adapter.targets=["c_attn"]'))
    assert "adapter.targets" in str(refused.value.hint)


@pytest.mark.skipif(torch.cuda.is_available(), reason="has a GPU")
def test_a_base_in_4_bits_is_refused_where_it_cannot_be(base: Path):
    with pytest.raises(TrainingError, match="needs bitsandbytes and a GPU"):
        load_weights(recipe_on(base, *LORA, "adapter.quantized=true"))


def test_a_folder_without_tokenizer_or_configuration_is_told_apart_from_no_folder(tmp_path: Path):
    with pytest.raises(BadInput, match="has no tokenizer"):
        load_tokenizer(str(tmp_path))
    with pytest.raises(BadInput, match=r"has no config\.json"):
        load_config(str(tmp_path))
    with pytest.raises(BadInput, match="neither a folder here nor a name on the hub"):
        load_config("nowhere/at-all")
