"""Measurement: greedy exact match on what was never trained, for the cards.

"Held" asks about real words and numbers kept back, in trained phrasings; "phrase" in phrasings that were kept back as
well. "Second turns" asks on about the contender's own first answer, and counts what is right about that one. Facts have
no content to keep back: in "held" they are those of the training, asked alike.
"""

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from generation.backends import Message, Sampling
from generation.backends.llama.language_model import LanguageModel
from training.demo.dialogues import dialogue
from training.demo.payloads import Content
from training.demo.tasks import LETTERS, Exchange, ask, bare, tasks

ITEMS = 12  # a task
DIALOGUES = 50
MAX_TOKENS = 40
GREEDY = Sampling(max_tokens=MAX_TOKENS)

Answers = dict[str, list[tuple[Exchange, str]]]  # by task: what was asked, and the reply


@dataclass(frozen=True, slots=True)
class Measured:
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


def measure(model: LanguageModel, *, items: int = ITEMS, dialogues: int = DIALOGUES, seed: int = 77) -> Measured:
    """Return how often `model` is right; the same seed asks the same."""
    held, phrase = (_answers(model, phrasing, items, seed) for phrasing in ("trained", "held_out"))
    replies = [said for answers in held.values() for _, said in answers]
    return Measured(
        held=_shares(held),
        phrase=_shares(phrase),
        held_mean=_mean(_shares(held)),
        phrase_mean=_mean(_shares(phrase)),
        second_turns=_second_turns(model, dialogues, seed),
        sentences=sum(said != bare(said) for said in replies) / len(replies),
    )


def reply(model: LanguageModel, messages: list[Message], sampling: Sampling = GREEDY) -> str:
    """Return the reply to a conversation."""
    written: list[int] = []
    for token in model.draw(model.prompt(messages), sampling):
        if token in model.ends:
            break
        written.append(token)
    return model.decode(written).strip()


def _answers(model: LanguageModel, phrasing: Content, items: int, seed: int) -> Answers:
    dice = random.Random(f"{phrasing} {seed}")  # noqa: S311
    answers: Answers = {}
    for task in tasks():
        asked = [ask(task, dice, content="held_out", phrasing=phrasing) for _ in range(items)]
        said = [(one, reply(model, [Message("user", one.prompt)])) for one in asked]
        answers[f"{task.language} {task.name}"] = said
    return answers


def _shares(answers: Answers) -> dict[str, float]:
    return {
        task: sum(bare(said) == exchange.answer for exchange, said in some) / len(some)
        for task, some in answers.items()
    }


def _second_turns(model: LanguageModel, count: int, seed: int) -> float:
    dice = random.Random(f"dialogues {seed}")  # noqa: S311
    right = 0
    for _ in range(count):
        first, second = dialogue(dice, content="held_out", length=2)
        said = reply(model, [Message("user", first.prompt)])
        history = [Message("user", first.prompt), Message("assistant", said), Message("user", second.prompt)]
        answer = bare(said)
        right += bool(answer) and bare(reply(model, history)) == LETTERS[second.task.name](answer)
    return right / count


def _mean(shares: Mapping[str, float]) -> float:
    return sum(shares.values()) / len(shares)
