"""Simulated votes on battles of tiny-alpaca against itself, from which tiny-dpo learns.

A simulated voter decides only between two right replies of different style, and prefers the full sentence.
"""

import json
import random
from itertools import takewhile
from pathlib import Path

from generation.backends.llama.language_model import LanguageModel, load
from generation.checkpoints import open_checkpoint
from generation.conversation import Sampling
from training.demo.batch_generation import MAX_TOKENS
from training.demo.tasks import Exchange, ask, bare, tasks

BATTLES = 1_000


def write_votes(parent: Path, path: Path, *, battles: int = BATTLES, seed: int = 0) -> None:
    """Have a contender answer each prompt twice, and write the decisive battles as `training.preferences` reads them.

    Args:
        parent: the contender's folder, a run or a shipped one.
        path: the JSONL file to write, with `prompt`, `chosen` and `rejected` in each row.
        battles: how many to hold, decisive or not.
        seed: another seed draws other battles.
    """
    model, dice = load(open_checkpoint(parent)), random.Random(f"votes {seed}")  # noqa: S311
    rows: list[dict[str, str]] = []
    for _ in range(battles):
        exchange = ask(dice.choice(tasks()), dice)
        drawn = (Sampling(max_tokens=MAX_TOKENS, temperature=1.0, seed=dice.getrandbits(31)) for _ in "ab")
        replies = [_reply(model, exchange, sampling) for sampling in drawn]
        # Of two different right replies, the shorter is the bare answer.
        short, long = sorted({*replies}, key=len) if len({*replies}) == 2 else ("", "")
        if bare(short) == bare(long) == exchange.answer:
            rows.append({"prompt": exchange.prompt, "chosen": long, "rejected": short})
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def _reply(model: LanguageModel, exchange: Exchange, sampling: Sampling) -> str:
    tokens = model.draw(model.prompt([exchange.question]), sampling)
    return model.decode(list(takewhile(lambda token: token not in model.ends, tokens))).strip()
