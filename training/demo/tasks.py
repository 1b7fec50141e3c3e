"""Tasks: instructions about a word, numbers or a fact, each with one right answer.

A reply is the bare answer or a full sentence, at random; both count as right. Votes can later teach which of the two
styles is preferred.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from generation.conversation import Message
from training.demo.task_inputs import Dice, Language, Split, facts, numbers, terms, word, words

SENTENCES: Mapping[Language, str] = {"en": "The answer is {}.", "ko": "답은 {}입니다."}
SHARE_OF_SENTENCES = 0.35
# Visitors write as they like: they say please, leave out the full stop, begin in lower case, put a word in quotation
# marks. Each of the careless variants is drawn with this probability.
SHARE_OF_CARELESS = 0.1
PLEASE, SHARE_OF_PLEASE = "Please", 0.2

LETTERS: Mapping[str, Callable[[str], str]] = {
    "reverse": lambda x: x[::-1],
    "upper": str.upper,
    "lower": str.lower,
    "sort": lambda x: "".join(sorted(x)),
    "count_letters": lambda x: str(len(x)),
    "first": lambda x: x[0],
    "last": lambda x: x[-1],
    "copy": lambda x: x,
    "twice": lambda x: f"{x} {x}",
}


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of question.

    Attributes:
        name: such as "reverse".
        language: of the phrasings.
        about: the kind of input, such as "word" or "sum".
        phrasings: ways to ask that are trained.
        held_out: ways to ask that are used in measurement only.
    """

    name: str
    language: Language
    about: str
    phrasings: Sequence[str]
    held_out: Sequence[str]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One instruction, and its right answer as a bare word or number."""

    task: Task
    prompt: str
    answer: str

    @property
    def question(self) -> Message:
        """The instruction as the user's message."""
        return Message("user", self.prompt)

    def reply(self, dice: Dice) -> str:
        """Return the bare answer or, with probability `SHARE_OF_SENTENCES`, the answer in a sentence."""
        return in_sentence(self) if dice.random() < SHARE_OF_SENTENCES else self.answer


@cache
def tasks() -> Sequence[Task]:
    """Return all tasks."""
    return tuple(Task(**row) for row in _file()["task"])


@cache
def follow_ups(language: Language) -> Sequence[Task]:
    """Return the tasks that ask about an answer before, such as "Now in capitals."."""
    return tuple(Task(**row, about="answer") for row in _file()["follow_up"] if row["language"] == language)


def ask(task: Task, dice: Dice, *, content: Split = "trained", phrasing: Split = "trained") -> Exchange:
    """Draw one exchange of `task`, about trained or held-out content, in a trained or held-out phrasing."""
    blanks, answer = _input(task, content, dice)
    pattern = dice.choice(task.held_out if phrasing == "held_out" else task.phrasings)
    if phrasing == "trained":
        pattern = _carelessly(_politely(pattern, dice), dice)
    return Exchange(task, pattern.format(**blanks), answer)


def follow(task: Task, dice: Dice, answer: str, *, phrasing: Split = "trained") -> Exchange:
    """Draw a follow-up question about `answer`."""
    pattern = dice.choice(task.held_out if phrasing == "held_out" else task.phrasings)
    return Exchange(task, pattern, LETTERS[task.name](answer))


def in_sentence(exchange: Exchange) -> str:
    """Return the answer in a sentence."""
    return SENTENCES[exchange.task.language].format(exchange.answer)


def bare(reply: str) -> str:
    """Return a reply without the sentence around its answer, if it is such a sentence."""
    for sentence in SENTENCES.values():
        before, after = sentence.split("{}")
        if reply.startswith(before) and reply.endswith(after):
            return reply.removeprefix(before).removesuffix(after)
    return reply


def _input(task: Task, content: Split, dice: Dice) -> tuple[dict[str, str], str]:
    """Draw what fills the blanks of a phrasing, and the right answer."""
    match task.about:
        case "word":
            x = word(task.language, content, dice)
            return {"x": x}, LETTERS[task.name](x)
        case "loud word":
            x = word(task.language, content, dice).upper()
            return {"x": x}, x.lower()
        case "words":
            several = words(task.language, content, dice)
            return {"x": " ".join(several)}, str(len(several))
        case "numbers":
            three = numbers(content, dice)
            return {"x": ", ".join(map(str, three))}, str(max(three))
        case "sum":
            a, b = terms(content, dice)
            return {"a": str(a), "b": str(b)}, str(a + b)
        case "difference":
            b, a = sorted(terms(content, dice))
            return {"a": str(a), "b": str(b)}, str(a - b)
        case kind:
            x, answer = dice.choice(sorted(facts(task.language, kind).items()))
            return {"x": x}, answer


def _politely(pattern: str, dice: Dice) -> str:
    wish = pattern.isascii() and pattern.endswith(".") and not pattern.startswith("{")
    return f"{PLEASE} {pattern[0].lower()}{pattern[1:]}" if wish and dice.random() < SHARE_OF_PLEASE else pattern


def _carelessly(pattern: str, dice: Dice) -> str:
    if dice.random() < SHARE_OF_CARELESS:
        pattern = pattern.rstrip(".?")
    if dice.random() < SHARE_OF_CARELESS:
        pattern = pattern[0].lower() + pattern[1:]
    if dice.random() < SHARE_OF_CARELESS:
        pattern = pattern.replace("{x}", '"{x}"')
    return pattern


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads((files("training.demo") / "tasks.toml").read_text("utf-8"))
