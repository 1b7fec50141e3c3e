"""Measurement: how many answers of a demo contender are exactly right, by greedy decoding, on what was never trained.

- "held" asks about held-out words and numbers, in trained phrasings.
- "phrase" asks about them in held-out phrasings.
- "second turns" asks a follow-up about the contender's own first answer, right or wrong.

Facts cannot be held out, because a fact that was never seen cannot be known: in "held" they are the trained ones, asked
in the trained way.
"""

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from generation.conversation import Message
from training.demo.batch_generation import BatchGenerator
from training.demo.dialogues import dialogue
from training.demo.task_inputs import Split
from training.demo.tasks import LETTERS, Exchange, ask, bare, tasks

ITEMS = 12  # questions for each task
DIALOGUES = 50

Answers = dict[str, list[tuple[Exchange, str]]]  # by task: what was asked, and the reply


@dataclass(frozen=True, slots=True)
class Accuracies:
    """Shares of right answers, from 0 to 1.

    Attributes:
        held: by task, such as "en reverse".
        phrase: by task, in held-out phrasings.
        held_mean: the mean of `held` over tasks.
        phrase_mean: the mean of `phrase` over tasks.
        second_turns: in follow-ups.
        sentences: the share of replies in "held" that are a full sentence, right or not; a measure of style.
    """

    held: Mapping[str, float]
    phrase: Mapping[str, float]
    held_mean: float
    phrase_mean: float
    second_turns: float
    sentences: float

    def to_dict(self) -> dict[str, Any]:
        """Return the shares, rounded to the digits that the number of questions supports."""
        return {
            name: {task: round(share, 2) for task, share in value.items()}
            if isinstance(value, Mapping)
            else round(value, 3)
            for name, value in asdict(self).items()
        }


def measure(generator: BatchGenerator, *, items: int = ITEMS, dialogues: int = DIALOGUES, seed: int = 77) -> Accuracies:
    """Return the accuracies of a checkpoint.

    Args:
        generator: the checkpoint, loaded.
        items: questions for each task.
        dialogues: how many follow-ups to ask.
        seed: the same seed asks the same questions.
    """
    held, phrase = (_answers(generator, phrasing, items, seed) for phrasing in ("trained", "held_out"))
    replies = [said for answers in held.values() for _, said in answers]
    return Accuracies(
        held=_shares(held),
        phrase=_shares(phrase),
        held_mean=_mean(_shares(held)),
        phrase_mean=_mean(_shares(phrase)),
        second_turns=_second_turns(generator, dialogues, seed),
        sentences=sum(said != bare(said) for said in replies) / len(replies),
    )


def _answers(generator: BatchGenerator, phrasing: Split, items: int, seed: int) -> Answers:
    dice = random.Random(f"{phrasing} {seed}")  # noqa: S311
    asked = [ask(task, dice, content="held_out", phrasing=phrasing) for task in tasks() for _ in range(items)]
    answers: Answers = {}
    for exchange, said in zip(asked, generator.replies([[one.question] for one in asked]), strict=True):
        answers.setdefault(f"{exchange.task.language} {exchange.task.name}", []).append((exchange, said))
    return answers


def _shares(answers: Answers) -> dict[str, float]:
    return {
        task: sum(bare(said) == exchange.answer for exchange, said in some) / len(some)
        for task, some in answers.items()
    }


def _second_turns(generator: BatchGenerator, count: int, seed: int) -> float:
    dice = random.Random(f"dialogues {seed}")  # noqa: S311
    asked = [dialogue(dice, content="held_out", length=2) for _ in range(count)]
    firsts = generator.replies([[first.question] for first, _ in asked])
    seconds = generator.replies(
        [
            [first.question, Message("assistant", said), second.question]
            for (first, second), said in zip(asked, firsts, strict=True)
        ]
    )
    return (
        sum(
            bool(answer := bare(first)) and bare(said) == LETTERS[second.task.name](answer)
            for (_, second), first, said in zip(asked, firsts, seconds, strict=True)
        )
        / count
    )


def _mean(shares: Mapping[str, float]) -> float:
    return sum(shares.values()) / len(shares)
