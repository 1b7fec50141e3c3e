"""One optimizer step: what it counts, and how it stops before it spoils the weights."""

import shutil
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.training.conftest import Runs, log_of
from training.errors import NotFinite, OutOfMemory
from training.examples import Reading, TokenizedExample
from training.objective import Imitation
from training.optimizer_step import memory_explained, train_step
from training.packing import Step
from training.ranks import joined_ranks
from training.recipe import load_recipe
from training.sharded import load_weights


def test_a_loss_that_is_no_number_stops_the_run_with_its_examples_before_the_weights_move(runs: Runs):
    spoiled = runs.folder.parent / "spoiled"
    shutil.copytree(runs.base, spoiled)
    weights = AutoModelForCausalLM.from_pretrained(spoiled)
    with torch.no_grad():
        weights.model.norm.weight[0] = float("nan")
    weights.save_pretrained(spoiled)
    with pytest.raises(NotFinite, match=r"debug_tiny\.jsonl row \d+") as stopped:
        runs.here("spoiled", f"base={spoiled}")
    assert "lower optimizer.lr" in str(stopped.value.hint)
    assert not log_of(runs.folder / "spoiled")


def test_the_end_of_memory_says_what_to_change():
    recipe = load_recipe("alpaca_7b", changes=["activation_checkpointing=false"])
    with pytest.raises(OutOfMemory) as stopped, memory_explained(recipe):
        torch.empty(2**60)
    assert "batch.tokens_per_pass (now 4096)" in str(stopped.value.hint)
    assert "activation_checkpointing=true" in str(stopped.value.hint)


def test_other_faults_are_not_blamed_on_memory():
    with pytest.raises(RuntimeError, match="shapes differ"), memory_explained(load_recipe("alpaca_7b")):
        raise RuntimeError("shapes differ")


def test_a_step_counts_real_tokens_and_computes_what_examples_share_once(runs: Runs):
    shared = list(range(10, 30))
    examples = [TokenizedExample([*shared, last], [False] * 20 + [True], "") for last in (40, 50)]
    recipe = load_recipe("debug_tiny", changes=[f"base={runs.base}", "fresh=false"])
    weights: Any = load_weights(recipe)
    with joined_ranks({}) as ranks:
        objective = Imitation(Reading(examples), held_out=0)
        outcome = train_step(weights, [], objective, Step([[[0, 1]]]), ranks, clip=1.0)
    assert (outcome.tokens, outcome.trained_tokens, outcome.computed) == (42, 2, 22)


def test_a_gradient_is_scaled_down_to_the_largest_norm_and_reported_as_it_was(runs: Runs):
    recipe = load_recipe("debug_tiny", changes=[f"base={runs.base}", "fresh=false"])
    weights: Any = load_weights(recipe)
    with joined_ranks({}) as ranks:
        objective = Imitation(Reading([TokenizedExample([5, 80, 300, 41], [True] * 4, "")]), held_out=0)
        outcome = train_step(weights, [], objective, Step([[[0]]]), ranks, clip=0.01)
    assert outcome.grad_norm > 0.01
    gradients = [parameter.grad.flatten() for parameter in weights.parameters() if parameter.grad is not None]
    assert float(torch.cat(gradients).norm()) == pytest.approx(0.01, rel=1e-3)
