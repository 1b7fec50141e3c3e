"""Runs, from a recipe to a folder that other programs load."""

from pathlib import Path

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from generation.prompts import prompt_format
from tests.training.conftest import Runs, log_of, losses, record_of, write_rows


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
