"""TRL as an oracle: the same pairs, the same steps, the same losses. Runs where TRL is installed."""

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl", reason="TRL is not installed; no part of the project needs it")

from datasets import Dataset
from transformers import AutoModelForCausalLM
from trl import DPOConfig, DPOTrainer

from tests.training.conftest import Runs, losses, write_rows
from training.preferences import read_pairs
from training.recipe import load_recipe

WORDS = ["grass", "hill", "moss", "gate", "wool", "river", "stone", "rain"]
ROWS = [
    {"prompt": f"Say {word}.", "chosen": f"It is {word}.", "rejected": word, "split": "train" if at else "test"}
    for at, word in enumerate(WORDS)
]
STEPS = 4


@pytest.mark.filterwarnings("ignore")  # theirs
def test_dpo_steps_are_those_of_trl(runs: Runs, tokenizer: Any, tmp_path: Path):
    data = write_rows(tmp_path / "pairs.jsonl", ROWS)
    words = [f"data={data}", "objective=preference", "max_length=512"]
    pairs = read_pairs(load_recipe("debug_tiny", changes=words), tokenizer).pairs

    rows = []
    for pair in pairs:
        begun = pair.chosen.trained.index(True)
        assert pair.chosen.ids[:begun] == pair.rejected.ids[:begun]
        ids = {
            "prompt": pair.chosen.ids[:begun],
            "chosen": pair.chosen.ids[begun:],
            "rejected": pair.rejected.ids[begun:],
        }
        rows.append({f"{name}_ids": part for name, part in ids.items()})
    theirs = DPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(runs.base),
        ref_model=AutoModelForCausalLM.from_pretrained(runs.base),
        args=DPOConfig(
            output_dir=str(tmp_path / "theirs"),
            per_device_train_batch_size=len(pairs),
            max_steps=STEPS,
            learning_rate=1e-3,
            lr_scheduler_type="constant",
            beta=0.1,
            logging_steps=1,
            gradient_checkpointing=False,
            bf16=False,
            use_cpu=True,
            save_strategy="no",
            report_to=[],
        ),
        train_dataset=Dataset.from_list([{key: row[key] for key in ("prompt", "chosen", "rejected")} for row in ROWS]),
        processing_class=tokenizer,
    )
    theirs.train_dataset = Dataset.from_list(rows)  # the very tokens that ours sees
    theirs.train()
    expected = [entry["loss"] for entry in theirs.state.log_history if "loss" in entry]

    ours = runs.here(
        "ours",
        "objective=preference",
        f"data={data}",
        f"batch.size={len(pairs)}",
        f"epochs={STEPS}.0",
        "preference.sft=0.0",
        "optimizer.lr=1e-3",
        "optimizer.schedule=constant",
        "optimizer.warmup=0.0",
    )
    assert len(expected) == STEPS
    assert losses(ours) == pytest.approx(expected, abs=1e-4)
