"""Runs, from a recipe to a folder that other programs load."""

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from generation.prompts import prompt_format
from tests.training.conftest import TINY_BASE, Runs, log_of, losses, write_rows
from training.errors import NotFinite, OutOfMemory, TrainingError
from training.export import export
from training.optimizer_step import memory_explained
from training.optimizers import learning_rate
from training.ranks import joined_ranks
from training.recipe import Optimizer, load_recipe
from training.sharded import load_tokenizer, load_weights, shard


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, base: Path) -> Path:
    return Runs(tmp_path_factory.mktemp("runs"), base).here("trained")


def record_of(run: Path) -> dict[str, Any]:
    return tomllib.loads((run / "run.toml").read_text())


def test_the_loss_goes_down(trained: Path):
    seen = losses(trained)
    assert sum(seen[-4:]) < sum(seen[:4]) * 0.9


def test_the_loss_is_over_the_learned_tokens_of_the_whole_batch(runs: Runs):
    """Many passes give the losses of one: each is divided by the tokens of all."""
    one = runs.here("one-pass", "epochs=1.0")
    many = runs.here("many-passes", "epochs=1.0", "batch.tokens_per_pass=64")
    assert losses(one) == pytest.approx(losses(many), abs=1e-5)


def test_other_programs_load_the_run(trained: Path):
    tokenizer = AutoTokenizer.from_pretrained(trained)
    weights = AutoModelForCausalLM.from_pretrained(trained)
    question = [{"role": "user", "content": "Write the word in capitals."}]
    inputs = tokenizer.apply_chat_template(question, add_generation_prompt=True, return_tensors="pt", return_dict=True)
    assert tokenizer.decode(inputs["input_ids"][0]) == prompt_format("alpaca").render(
        question, tokenizer, add_generation_prompt=True
    )
    said = weights.generate(**inputs, max_new_tokens=3, do_sample=False)
    assert said.shape[1] > inputs["input_ids"].shape[1]
    assert weights.generation_config.eos_token_id == tokenizer.eos_token_id
    assert "varlen" not in (trained / "config.json").read_text()


def test_the_record_says_what_was_done(trained: Path, base: Path):
    record, log = record_of(trained), log_of(trained)
    assert record["name"] == "trained"
    assert record["base"] == str(base)
    assert (record["method"], record["prompt_format"], record["end_of_reply"]) == ("full", "alpaca", "</s>")
    assert record["counts"]["steps"] == len(log) == 16
    assert record["training"]["last_loss"] == log[-1]["loss"]
    assert record["recipe"]["optimizer"]["lr"] == 3e-3
    assert record["learned_from_votes"] == ""
    assert (trained / "loss.svg").read_text().startswith("<svg")
    assert "# trained" in (trained / "README.md").read_text()


def test_each_step_has_its_line(trained: Path):
    row = log_of(trained)[0]
    assert {"loss", "lr", "grad_norm", "tokens_per_s", "mfu", "memory_mb", "eta_s", "cost_usd"} <= row.keys()


def test_fresh_weights_begin_from_nothing_but_the_seed(runs: Runs):
    one = runs.here("one", f"base={TINY_BASE}", "fresh=true", "epochs=0.5")
    two = runs.here("two", f"base={TINY_BASE}", "fresh=true", "epochs=0.5")
    other = runs.here("other", f"base={TINY_BASE}", "fresh=true", "epochs=0.5", "seed=1")
    assert losses(one) == losses(two) != losses(other)


def test_plain_text_is_learned_whole(runs: Runs, tmp_path: Path):
    data = write_rows(tmp_path / "texts.jsonl", [{"text": f"Alpaca {number} hums."} for number in range(12)])
    run = runs.here("text", "objective=text", f"data={data}", "epochs=6.0")
    record = record_of(run)
    assert losses(run)[-1] < losses(run)[0]
    assert record["counts"]["trained_tokens"] == record["counts"]["tokens"] - 12  # the first token is given
    assert record["prompt_format"] == ""


def test_best_fit_rows_train_on_everything_too(runs: Runs):
    run = runs.here("best-fit", "batch.packing=best-fit", "batch.tokens_per_pass=256", "epochs=1.0")
    assert sum(row["tokens"] for row in log_of(run)) == record_of(run)["counts"]["tokens"]


def test_muon_trains_too(runs: Runs):
    run = runs.here("muon", "optimizer.name=muon", "optimizer.lr=1e-3", "epochs=2.0")
    assert losses(run)[-1] < losses(run)[0]


def test_examples_held_out_are_only_measured(runs: Runs):
    run = runs.here("held-out", "held_out=4", "epochs=1.0")
    assert record_of(run)["verdict"]["held_out_loss"] > 0
    assert sum(row["tokens"] for row in log_of(run)) < record_of(run)["counts"]["tokens"]


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


def test_sharded_weights_are_exported_as_save_pretrained_writes_them(base: Path, tmp_path: Path):
    recipe = load_recipe("debug_tiny", changes=[f"base={base}", "fresh=false"])
    with joined_ranks({}) as ranks:
        weights = shard(load_weights(recipe), ranks, dtype=torch.float32)
        export(tmp_path / "run", weights, load_tokenizer(recipe.base), recipe, ranks)
    ours, theirs = (load_file(folder / "model.safetensors") for folder in (tmp_path / "run", base))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize(
    ("method", "targets"), [("lora", '["q_proj","v_proj"]'), ("lora", '["q_proj","down_proj"]'), ("ia3", "")]
)
def test_an_adapter_is_exported_beside_merged_weights_with_its_logits(runs: Runs, method: str, targets: str):
    from peft import PeftModel

    choice = [f"adapter.targets={targets}"] if targets else []
    run = runs.here("adapted", f"adapter.method={method}", *choice, "optimizer.lr=1e-2")
    base = AutoModelForCausalLM.from_pretrained(runs.base)
    probe = torch.tensor([[5, 80, 300, 41, 9]])
    with torch.no_grad():
        untouched = base(probe).logits
        adapted = PeftModel.from_pretrained(base, str(run / "adapter")).eval()(probe).logits
        merged = AutoModelForCausalLM.from_pretrained(run)(probe).logits
    torch.testing.assert_close(merged, adapted, rtol=1e-4, atol=1e-4)
    assert (adapted - untouched).abs().max() > 0.1
    record = record_of(run)
    assert record["method"] == method
    assert record["counts"]["trainable_parameters"] < record["counts"]["parameters"] / 10


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


def test_a_finished_run_is_never_overwritten(trained: Path, base: Path):
    with pytest.raises(TrainingError, match="finished run") as refused:
        Runs(trained.parent, base).here("trained")
    assert "name=" in str(refused.value.hint)


def test_the_learning_rate_is_that_of_transformers():
    from transformers import get_scheduler

    for name in ("cosine", "linear"):
        recipe = Optimizer(1.0, schedule=name, warmup_steps=3)
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        scheduler = get_scheduler(name, optimizer, num_warmup_steps=3, num_training_steps=20)
        theirs = []
        for _ in range(20):
            theirs.append(scheduler.get_last_lr()[0])
            optimizer.step()
            scheduler.step()
        assert [learning_rate(recipe, step, 20) for step in range(20)] == pytest.approx(theirs)
