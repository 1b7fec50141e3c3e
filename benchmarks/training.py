"""Real tokens per CPU-second and peak memory of our fine-tuning beside the field's, in one run.

    nice -n 10 python benchmarks/training.py [--data FILE] [--rows 300]
    python benchmarks/training.py --lines

The same rows, in Alpaca's format, train the same small Llama (6 layers of 256, vocabulary 4,096, made here) for one
epoch: with transformers' Trainer as the published recipe has it (random order, padded to the longest), with TRL's
SFTTrainer and its packing (in a temporary environment of its own), and with ours. Each case is a process of its own
with one thread. Counted is the CPU time from the first batch to the last step, without imports, tokenising and export;
tokens are those of the rows, not padding, whether or not a beginning that several share is computed once. Without
--data, rows of Alpaca's lengths are made up. Prints Markdown tables.
"""

import argparse
import ast
import gzip
import io
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import tokenize
import venv
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).parents[1])  # not this folder: this file is called like the package it measures

PACKAGES = ("trl==1.16.0", "torch==2.13.0", "transformers>=5.16,<6")
MAX_LENGTH = 512
VOCABULARY = 4096
CASES = {
    f"{way}, {size}, {dtype}": (way, size, dtype)
    for dtype in ("float32", "bfloat16")
    for way, sizes in (("Trainer", (4, 16)), ("TRL packing", (1, 4)), ("ours", (4, 16)))
    for size in sizes
}


def main() -> None:
    """Run all cases and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="rows in Alpaca's format, JSON or gzipped JSON")
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--lines", action="store_true", help="only count our lines beneath a run")
    parser.add_argument("--case", nargs=2, metavar=("NAME", "FOLDER"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.lines:
        _print_lines()
        return
    if args.case:
        name, folder = args.case
        print(json.dumps(_measured(*CASES[name], folder=Path(folder))))
        return
    rows = _rows(args.data)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _prepare(folder, random.Random(20261122).sample(rows, args.rows))
        theirs = _environment(folder / "environment")
        results = {}
        for name, (way, _, _) in CASES.items():
            results[name] = _run(name, folder, theirs if way == "TRL packing" else sys.executable)
        _print_speed(results, args.rows)
        _print_padding(rows, folder)
    _print_lines()


def _rows(path: Path | None) -> list[dict[str, str]]:
    if path:
        raw = path.read_bytes()
        rows: list[dict[str, str]] = json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)
        return rows
    dice = random.Random(1)
    letters = "etaoinshrdlu"

    def words(mean: float) -> str:
        # Alpaca's outputs spread about log-normally, with a long tail.
        count = max(1, round(dice.lognormvariate(0, 0.9) * mean))
        return " ".join("".join(dice.choices(letters, k=dice.randint(2, 9))) for _ in range(count))

    return [
        {"instruction": words(10), "input": words(12) if dice.random() < 0.4 else "", "output": words(28)}
        for _ in range(5000)
    ]


def _prepare(folder: Path, rows: list[dict[str, str]]) -> None:
    """Write the rows, as text and as tokens with their mask, and the base with random weights."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    from generation.dataset import write_jsonl
    from generation.prompts import prompt_format
    from training.examples import read_chat

    write_jsonl(folder / "rows.jsonl", rows)
    made = Tokenizer(models.BPE())
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<s>", "</s>", "<pad>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    made.train_from_iterator([text for row in rows for text in row.values()], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>", eos_token="</s>", pad_token="<pad>")
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=256,
        intermediate_size=688,
        num_hidden_layers=6,
        num_attention_heads=8,
        num_key_value_heads=4,
        max_position_embeddings=1024,
        tie_word_embeddings=False,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=2,
    )
    LlamaForCausalLM(config).save_pretrained(folder / "base")
    tokenizer.save_pretrained(folder / "base")
    reading = read_chat(
        [folder / "rows.jsonl"], shape=prompt_format("alpaca"), tokenizer=tokenizer, max_length=MAX_LENGTH
    )
    write_jsonl(
        folder / "tokens.jsonl",
        (
            {
                "input_ids": example.ids,
                "completion_mask": [int(flag) for flag in example.trained],
                "labels": [id_ if flag else -100 for id_, flag in zip(example.ids, example.trained, strict=True)],
            }
            for example in reading.examples
        ),
    )


def _environment(folder: Path) -> str:
    venv.create(folder, with_pip=True)
    python = str(folder / "bin/python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True, stderr=subprocess.DEVNULL)
    return python


def _run(name: str, folder: Path, python: str) -> dict[str, float]:
    quiet = {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    print(f"running {name} …", file=sys.stderr)
    done = subprocess.run(
        [python, __file__, "--case", name, str(folder)], env={**os.environ, **quiet}, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def _measured(way: str, size: int, dtype: str, *, folder: Path) -> dict[str, float]:
    rows = [json.loads(line) for line in (folder / "tokens.jsonl").read_text().splitlines()]
    train = WAYS[way](folder, rows, size, dtype)
    begun, wall = _cpu_s(), time.monotonic()
    train()
    return {
        "tokens": sum(len(row["input_ids"]) for row in rows),
        "cpu_s": _cpu_s() - begun,
        "wall_s": time.monotonic() - wall,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
    }


def _trainer(folder: Path, rows: list[dict[str, Any]], size: int, dtype: str) -> Callable[[], object]:
    """The published way: stanford_alpaca's arguments, on transformers' Trainer."""
    from transformers import (
        AutoModelForCausalLM,
        AutoTokenizer,
        DataCollatorForSeq2Seq,
        Trainer,
        TrainingArguments,
    )

    tokenizer = AutoTokenizer.from_pretrained(folder / "base")
    weights = AutoModelForCausalLM.from_pretrained(folder / "base")
    arguments = TrainingArguments(**_arguments(folder, size, dtype))
    examples = [{key: row[key] for key in ("input_ids", "labels")} for row in rows]
    return Trainer(
        model=weights,
        args=arguments,
        train_dataset=examples,  # type: ignore[arg-type]
        data_collator=DataCollatorForSeq2Seq(tokenizer, padding="longest"),
    ).train


def _trl(folder: Path, rows: list[dict[str, Any]], size: int, dtype: str) -> Callable[[], object]:
    """TRL with best-fit packing into rows of the greatest length; `size` is rows a step."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    arguments = SFTConfig(
        **_arguments(folder, size, dtype),
        packing=True,
        max_length=MAX_LENGTH,
        completion_only_loss=True,
        gradient_checkpointing=False,
    )
    examples = Dataset.from_list([{key: row[key] for key in ("input_ids", "completion_mask")} for row in rows])
    return SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder / "base"),
        args=arguments,
        train_dataset=examples,
        processing_class=AutoTokenizer.from_pretrained(folder / "base"),
    ).train


def _arguments(folder: Path, size: int, dtype: str) -> dict[str, Any]:
    return {
        "output_dir": str(folder / "out"),
        "per_device_train_batch_size": size,
        "num_train_epochs": 1,
        "learning_rate": 2e-5,
        "lr_scheduler_type": "cosine",
        "bf16": dtype == "bfloat16",
        "use_cpu": True,
        "save_strategy": "no",
        "report_to": [],
        "logging_steps": 1,
        "disable_tqdm": True,
    }


def _ours(folder: Path, rows: list[dict[str, Any]], size: int, dtype: str) -> Callable[[], object]:  # noqa: ARG001
    """Our loop: what `arena train` does between loading and exporting."""
    from training.optimizer_step import train_step
    from training.optimizers import learning_rate, make_optimizers, set_learning_rate
    from training.packing import plan_steps
    from training.ranks import joined_ranks
    from training.recipe import load_recipe
    from training.sharded import load_tokenizer, prepare
    from training.training_data import read_training_data

    words = [f"base={folder / 'base'}", f"data={folder / 'rows.jsonl'}", "epochs=1.0", "activation_checkpointing=false"]
    recipe = load_recipe("alpaca_7b", changes=[*words, f"batch.size={size}", f"dtype={dtype}"])
    group = ExitStack()
    ranks = group.enter_context(joined_ranks({}))
    objective = read_training_data(recipe, load_tokenizer(recipe.base))
    weights = prepare(recipe, ranks)

    def train() -> None:
        optimizers = make_optimizers(recipe.optimizer, weights.parameters())
        steps = plan_steps(objective.lengths, recipe.batch, world=1, epochs=recipe.epochs, seed=recipe.seed)
        with group:
            for number, step in enumerate(steps):
                set_learning_rate(optimizers, learning_rate(recipe.optimizer, number, len(steps)))
                print(train_step(weights, optimizers, objective, step, ranks, clip=recipe.optimizer.clip))

    return train


WAYS = {"Trainer": _trainer, "TRL packing": _trl, "ours": _ours}


def _cpu_s() -> float:
    use = resource.getrusage(resource.RUSAGE_SELF)
    return use.ru_utime + use.ru_stime


def _print_speed(results: dict[str, dict[str, float]], num_rows: int) -> None:
    tokens = next(iter(results.values()))["tokens"]
    rate = {name: result["tokens"] / result["cpu_s"] for name, result in results.items()}
    print(f"\nOne epoch over {num_rows} rows, {tokens:,.0f} real tokens, one thread:\n")
    print("| way, batch, arithmetic | real tokens per CPU-second | peak MB | ours: × as fast | ours: × the memory |")
    print("|---|---:|---:|---:|---:|")
    for name, (way, size, dtype) in CASES.items():
        # A row of 512 that TRL packs holds about four examples.
        ours = f"ours, {size if way == 'Trainer' else 4 * size}, {dtype}"
        faster = f"{rate[ours] / rate[name]:.2f}" if way != "ours" else ""
        leaner = f"{results[ours]['peak_mb'] / results[name]['peak_mb']:.2f}" if way != "ours" else ""
        print(f"| {name} | {rate[name]:,.0f} | {results[name]['peak_mb']:,.0f} | {faster} | {leaner} |")


def _print_padding(rows: list[dict[str, str]], folder: Path) -> None:
    """Print computed positions per real one for all rows, with a vocabulary of 32,000 learned from them."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    from generation.dataset import write_jsonl
    from generation.prompts import prompt_format
    from training.examples import read_chat
    from training.padding import ways
    from training.recipe import Batch

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=32_000,
        special_tokens=["<s>", "</s>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    made.train_from_iterator([text for row in rows for text in row.values()], trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>", eos_token="</s>")
    write_jsonl(folder / "all.jsonl", rows)
    reading = read_chat(
        [folder / "all.jsonl"], shape=prompt_format("alpaca"), tokenizer=tokenizer, max_length=MAX_LENGTH
    )
    lengths = [len(example.ids) for example in reading.examples]
    print(f"\nComputed positions per real one, {len(lengths):,} rows of {sum(lengths) / len(lengths):.0f} tokens:\n")
    print("| way | computed / real |")
    print("|---|---:|")
    for way in ways(lengths, Batch(), max_length=MAX_LENGTH, seed=42):
        print(f"| {way.name} | {way.computed_per_real:.3f} |")


def _print_lines() -> None:
    """Print how much of ours a fine-tuning run goes through: all that it imports from `training`."""
    program = (
        "import sys, training.finetune\n"
        "print(*(module.__file__ for name, module in sys.modules.items() if name.startswith('training.')), sep='\\n')"
    )
    # In a process of its own: this one has imported more.
    done = subprocess.run([sys.executable, "-c", program], cwd=sys.path[0], capture_output=True, text=True, check=True)
    files = [Path(name) for name in done.stdout.splitlines()]
    lines = sum(_code_lines(path.read_text()) for path in files)
    print(f"\nBeneath a run: {len(files)} files of ours, {lines:,} lines of code.")


def _code_lines(source: str) -> int:
    """Return the lines of a file that are neither blank nor comments nor docstrings."""
    layout = (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    code = {
        line
        for token in tokens
        if token.type not in (tokenize.COMMENT, *layout)
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            code -= {*range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    return len(code)


if __name__ == "__main__":
    main()
