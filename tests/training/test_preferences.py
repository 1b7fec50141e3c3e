"""Preferences: the loss, the gate, and the whole loop from battles to a child that wins."""

import json
import random
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import torch
from scipy.stats import binomtest
from torch.nn.functional import log_softmax, logsigmoid
from transformers import AutoModelForCausalLM, AutoTokenizer

from generation.dataset import Manifest
from generation.errors import BadInput
from tests.training.conftest import TINY_BASE, Runs, losses, write_rows
from training.attention import VARLEN
from training.errors import TrainingError
from training.preferences import PairReading, Preferences, read_pairs
from training.ranks import Ranks
from training.recipe import Preference, load_recipe
from training.rows import flat_row

DPO = ("objective=preference", "batch.size=8", "epochs=2.0")
WORDS = ["grass", "hill", "moss", "gate", "wool", "river", "stone", "rain", "cloud", "hay", "fence", "field"]
ROWS = [
    {"prompt": f"Say {word}.", "chosen": f"It is {word}.", "rejected": word, "split": "train" if at % 4 else "test"}
    for at, word in enumerate(WORDS)
]


def reading(path: Path, tokenizer: Any) -> PairReading:
    words = [f"data={path}", "objective=preference", "max_length=512", "preference.held_out=0.3"]
    return read_pairs(load_recipe("debug_tiny", changes=words), tokenizer)


def test_only_the_compared_replies_are_learned(tokenizer: Any, tmp_path: Path):
    talk = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Yo"},
        {"role": "user", "content": "Bye"},
    ]
    rows = [
        *ROWS,
        {"prompt": talk, "chosen": [{"role": "assistant", "content": "Good"}], "rejected": "Bad", "split": "train"},
    ]
    pair = reading(write_rows(tmp_path / "p.jsonl", rows), tokenizer).pairs[-1]
    for example, text in ((pair.chosen, "Good</s>"), (pair.rejected, "Bad</s>")):
        learned = [id_ for id_, trained in zip(example.ids, example.trained, strict=True) if trained]
        assert tokenizer.decode(learned) == text
        assert "Yo</s>" in tokenizer.decode(example.ids)


def test_rows_without_a_split_are_held_out_by_their_prompt(tokenizer: Any, tmp_path: Path):
    rows = [{**row, "split": None} for row in ROWS] * 2
    found = reading(write_rows(tmp_path / "p.jsonl", rows), tokenizer)
    prompts = [{tuple(pair.chosen.ids) for pair in part} for part in (found.pairs, found.held_out)]
    assert not prompts[0] & prompts[1]
    assert len(found.pairs) + len(found.held_out) == len(rows)


def test_equal_and_overlong_replies_are_left_out_and_named(tokenizer: Any, tmp_path: Path):
    rows = [*ROWS, {**ROWS[0], "rejected": ROWS[0]["chosen"]}, {**ROWS[0], "rejected": "on " * 600}]
    found = reading(write_rows(tmp_path / "p.jsonl", rows), tokenizer)
    assert found.identical == ["p.jsonl row 13"]
    assert found.too_long == ["p.jsonl row 14"]


def test_faulty_rows_are_all_named(tokenizer: Any, tmp_path: Path):
    rows = [*ROWS, {"prompt": "x", "chosen": "y"}, {"prompt": 3, "chosen": "y", "rejected": "z"}]
    with pytest.raises(BadInput) as refused:
        reading(write_rows(tmp_path / "p.jsonl", rows), tokenizer)
    assert [fault.split(":")[0] for fault in refused.value.faults] == ["row 13", "row 14"]


def test_the_loss_is_that_of_the_paper(base: Path, tokenizer: Any, tmp_path: Path):
    """Against equation 7, computed pair by pair with ordinary attention."""
    found = reading(write_rows(tmp_path / "p.jsonl", ROWS), tokenizer)
    settings = Preference(beta=0.3, label_smoothing=0.1, sft=0.5)
    objective = Preferences(found, settings, tokens_per_pass=200)
    parent = AutoModelForCausalLM.from_pretrained(base, attn_implementation=VARLEN)
    objective.begin(parent, Ranks_alone())
    child = AutoModelForCausalLM.from_pretrained(base, attn_implementation=VARLEN)
    with torch.no_grad():
        for parameter in child.parameters():
            parameter.mul_(1.1)
        ours = objective.loss(flat_row(objective.examples([0, 2, 3])).token_losses(child), [0, 2, 3])
    parent.set_attn_implementation("sdpa")
    child.set_attn_implementation("sdpa")

    def log_probability(weights: Any, example: Any) -> torch.Tensor:
        ids = torch.tensor([example.ids])
        with torch.no_grad():
            tokens = log_softmax(weights(ids).logits[0, :-1], dim=-1).gather(1, ids[0, 1:, None])[:, 0]
        return tokens[torch.tensor(example.trained[1:])].sum()

    expected = torch.tensor(0.0)
    for pair in (found.pairs[number] for number in (0, 2, 3)):
        chosen, rejected = (log_probability(child, part) for part in (pair.chosen, pair.rejected))
        margin = 0.3 * (
            chosen - log_probability(parent, pair.chosen) - rejected + log_probability(parent, pair.rejected)
        )
        expected += -0.9 * logsigmoid(margin) - 0.1 * logsigmoid(-margin) - 0.5 * chosen / pair.chosen.num_trained
    torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4)


def Ranks_alone() -> Ranks:
    """A rank that adds nobody's figures to its own, without a process group."""

    class Alone(Ranks):
        def total(self, values: torch.Tensor) -> torch.Tensor:
            return values

    return Alone(0, 1, torch.device("cpu"))


def test_the_first_loss_is_that_of_a_coin(runs: Runs, tmp_path: Path):
    data = write_rows(tmp_path / "p.jsonl", ROWS)
    run = runs.here("dpo", *DPO, f"data={data}", "preference.sft=0.0", "optimizer.lr=1e-3")
    assert losses(run)[0] == pytest.approx(0.6931, abs=1e-4)
    assert losses(run)[-1] < 0.69


def test_a_child_that_prefers_no_better_is_not_exported(runs: Runs, tmp_path: Path):
    data = write_rows(tmp_path / "p.jsonl", ROWS)
    with pytest.raises(TrainingError, match="Nothing was exported"):
        runs.here("dpo", *DPO, f"data={data}", "optimizer.lr=1e-12")
    assert not (runs.folder / "dpo/run.toml").exists()
    assert not (runs.folder / "dpo/model.safetensors").exists()


WORDS_AND_OPPOSITES = """
hot cold  big small  fast slow  high low  old new  wet dry  light dark  hard soft  early late  open shut  rich poor
full empty  near far  thick thin  loud quiet  sweet sour  wide narrow  deep shallow  clean dirty  young aged
"""
OPPOSITES = WORDS_AND_OPPOSITES.split()
FACTS = {OPPOSITES[at]: OPPOSITES[at + 1 - 2 * (at % 2)] for at in range(len(OPPOSITES))}


def question(word: str) -> str:
    return f"What is the opposite of {word}?"


def is_sentence(reply: str) -> bool:
    """The fixed rule of style by which battles are judged."""
    return bool(re.fullmatch(r"It is .+\.", reply))


class Contender:
    def __init__(self, run: Path) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(run, padding_side="left")
        self.weights = AutoModelForCausalLM.from_pretrained(run, dtype=torch.float32)

    def replies(self, words: list[str], *, seed: int | None = None) -> list[str]:
        talks = [[{"role": "user", "content": question(word)}] for word in words]
        inputs = self.tokenizer.apply_chat_template(
            talks, add_generation_prompt=True, padding=True, return_tensors="pt", return_dict=True
        )
        torch.manual_seed(seed or 0)
        said = self.weights.generate(**inputs, max_new_tokens=16, do_sample=seed is not None)
        texts: list[str] = self.tokenizer.batch_decode(
            said[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True
        )
        return texts

    def accuracy(self) -> float:
        return sum(FACTS[word] in reply for word, reply in zip(FACTS, self.replies([*FACTS]), strict=True)) / len(FACTS)


@pytest.mark.slow
def test_votes_on_style_make_a_child_that_wins_and_knows_as_much(tmp_path: Path):
    runs = Runs(tmp_path / "runs", TINY_BASE)
    rows = [
        {"instruction": question(word), "output": output}
        for word, opposite in FACTS.items()
        for output in (opposite, f"It is {opposite}.")
    ]
    taught = write_rows(tmp_path / "sft.jsonl", rows)
    parent_run = runs.here(
        "parent",
        "fresh=true",
        f"data={taught}",
        "epochs=100.0",
        "batch.size=20",
        "checkpoint.every=0",
        "optimizer.lr=5e-3",
    )
    parent = Contender(parent_run)

    known = [*FACTS]
    random.Random(5).shuffle(known)
    voted, unseen = known[:28], known[28:]
    pairs = [
        {"prompt": question(word), "chosen": better, "rejected": worse}
        for seed in range(1, 21)
        for word, a, b in zip(voted, parent.replies(voted, seed=seed), parent.replies(voted, seed=-seed), strict=True)
        if a and b and is_sentence(a) != is_sentence(b)
        for better, worse in ([(a, b)] if is_sentence(a) else [(b, a)])
    ]
    data = write_rows(tmp_path / "votes.jsonl", pairs)
    Manifest.of(data, rows=len(pairs), format="preference", generator={"votes_sha256": "5e7"}).write_beside(data)
    words = ("objective=preference", "epochs=1.0", "optimizer.lr=2e-4", "preference.sft=1.0")
    child_run = runs.here("child", f"base={parent_run}", f"data={data}", *words)
    child = Contender(child_run)

    won = lost = 0
    for seed in range(1, 13):
        for ours, theirs in zip(child.replies(unseen, seed=seed), parent.replies(unseen, seed=99 + seed), strict=True):
            won += is_sentence(ours) > is_sentence(theirs)
            lost += is_sentence(ours) < is_sentence(theirs)
    interval = binomtest(won, won + lost).proportion_ci()
    assert interval.low > 0.5
    assert child.accuracy() >= parent.accuracy() - 0.02

    record = tomllib.loads((child_run / "run.toml").read_text())
    assert record["learned_from_votes"] == "5e7"
    assert record["base_run"] == "parent"
    assert record["verdict"]["held_out_accuracy"] > 0.5
    assert "It learned from this arena's votes" in (child_run / "README.md").read_text()


def test_the_recipe_that_ships_keeps_what_the_parent_could_do():
    recipe = load_recipe("dpo_from_votes")
    assert recipe.objective == "preference"
    assert recipe.preference.sft > 0
    assert json.dumps(recipe.values())
