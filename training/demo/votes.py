"""Votes: battles of tiny-alpaca against itself, judged by a rule of style. They are what tiny-dpo learns from.

The simulated voter only decides between two right replies, and then for the one that is a full sentence.
"""

import json
import random
from pathlib import Path

from training.demo.speaker import load_speaker
from training.demo.tasks import ask, bare, tasks

BATTLES = 1_000


def write_votes(parent: Path, path: Path, *, battles: int = BATTLES, seed: int = 0) -> None:
    """Let the contender in `parent` answer twice, and write the decisive battles as `training.preferences` reads them.

    Args:
        parent: its run or shipped folder.
        path: of the JSONL file with `prompt`, `chosen` and `rejected`.
        battles: how many, decisive or not.
        seed: another one draws others.
    """
    speaker, dice = load_speaker(parent), random.Random(f"votes {seed}")  # noqa: S311
    asked = [ask(dice.choice(tasks()), dice) for _ in range(battles)]
    both = [speaker.replies([[one.question] for one in asked], seed=dice.getrandbits(31)) for _ in "ab"]
    rows: list[dict[str, str]] = []
    for exchange, *replies in zip(asked, *both, strict=True):
        # The shorter of two right and different ones is the bare answer.
        short, long = sorted(replies, key=len)
        if short != long and bare(short) == bare(long) == exchange.answer:
            rows.append({"prompt": exchange.prompt, "chosen": long, "rejected": short})
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
