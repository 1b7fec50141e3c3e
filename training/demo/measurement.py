"""Measurement: greedy exact match on what was never trained, for the cards.

"Held" asks about real words and numbers kept back, in trained phrasings; "phrase" in phrasings that were kept back as
well. "Second turns" asks on about the contender's own first answer, and counts what is right about that one. Facts have
no content to keep back: in "held" they are those of the training, asked alike.
"""

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from generation.conversation import Message
from training.demo.dialogues import dialogue
from training.demo.payloads import Content
from training.demo.speaker import Speaker
from training.demo.tasks import LETTERS, Exchange, ask, bare, tasks

ITEMS = 12  # a task
DIALOGUES = 50

Answers = dict[str, list[tuple[Exchange, str]]]  # by task: what was asked, and the reply


@dataclass(frozen=True, slots=True)
class Accuracies:
    """Shares of right answers: by task ("en reverse"), over all of them, and in second turns.

    `sentences` is the share of replies in "held" that are a full sentence, right or not: their style.
    """

    held: Mapping[str, float]
    phrase: Mapping[str, float]
    held_mean: float
    phrase_mean: float
    second_turns: float
    sentences: float

    def to_dict(self) -> dict[str, Any]:
        """Return the shares, rounded to what the number of items can tell."""
        return {
            name: {task: round(share, 2) for task, share in value.items()}
            if isinstance(value, Mapping)
            else round(value, 3)
            for name, value in asdict(self).items()
        }


def measure(speaker: Speaker, *, items: int = ITEMS, dialogues: int = DIALOGUES, seed: int = 77) -> Accuracies:
    """Return how often `speaker` is right; the same seed asks the same."""
    held, phrase = (_answers(speaker, phrasing, items, seed) for phrasing in ("trained", "held_out"))
    replies = [said for answers in held.values() for _, said in answers]
    return Accuracies(
        held=_shares(held),
        phrase=_shares(phrase),
        held_mean=_mean(_shares(held)),
        phrase_mean=_mean(_shares(phrase)),
        second_turns=_second_turns(speaker, dialogues, seed),
        sentences=sum(said != bare(said) for said in replies) / len(replies),
    )


def _answers(speaker: Speaker, phrasing: Content, items: int, seed: int) -> Answers:
    dice = random.Random(f"{phrasing} {seed}")  # noqa: S311
    asked = [ask(task, dice, content="held_out", phrasing=phrasing) for task in tasks() for _ in range(items)]
    answers: Answers = {}
    for exchange, said in zip(asked, speaker.replies([[one.question] for one in asked]), strict=True):
        answers.setdefault(f"{exchange.task.language} {exchange.task.name}", []).append((exchange, said))
    return answers


def _shares(answers: Answers) -> dict[str, float]:
    return {
        task: sum(bare(said) == exchange.answer for exchange, said in some) / len(some)
        for task, some in answers.items()
    }


def _second_turns(speaker: Speaker, count: int, seed: int) -> float:
    dice = random.Random(f"dialogues {seed}")  # noqa: S311
    asked = [dialogue(dice, content="held_out", length=2) for _ in range(count)]
    firsts = speaker.replies([[first.question] for first, _ in asked])
    seconds = speaker.replies(
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
