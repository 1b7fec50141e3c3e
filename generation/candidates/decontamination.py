"""Decontamination: finds rows of a data set that hold prompts by which models will be judged.

A row is contaminated when its instruction, alone or with its input, is a near-duplicate of an evaluation prompt, or
when any part of it shares thirteen words in a row with one (the n-gram of Brown et al. 2020, appendix C; near-
duplicates find what it misses, since most prompts are shorter than thirteen words). Eight shared words in a row are
only worth a look.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from generation.candidates.near_duplicates import NearDuplicates
from generation.candidates.rouge import words
from generation.dataset import Example, Row, bad_rows, read_jsonl

CONTAMINATING_WORDS = 13
NOTEWORTHY_WORDS = 8

Kind = Literal["near_duplicate", "13_words", "8_words"]
_KINDS: dict[int, Kind] = {CONTAMINATING_WORDS: "13_words", NOTEWORTHY_WORDS: "8_words"}


@dataclass(frozen=True, slots=True)
class PromptSet:
    """Prompts that models are judged by, under the name of where they come from."""

    name: str
    prompts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overlap:
    """What an example shares with an evaluation prompt.

    Attributes:
        kind: near_duplicate and 13_words contaminate, 8_words only deserves a look.
        prompt_set: the name of the set.
        prompt: the prompt.
        score: the ROUGE-L F of a near-duplicate, else None.
    """

    kind: Kind
    prompt_set: str
    prompt: str
    score: float | None = None

    @property
    def contaminates(self) -> bool:
        """Whether the example should not be trained on."""
        return self.kind != "8_words"


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check, as the manifest keeps it.

    Attributes:
        prompt_sets: name, number of prompts and SHA-256 of each set that was checked against.
        rows: how many rows were checked.
        contaminated: how many of them are, by prompt set.
        noteworthy: how many share eight words in a row, and nothing worse, by prompt set.
        dropped: how many rows were taken out.
    """

    prompt_sets: tuple[Mapping[str, Any], ...]
    rows: int
    contaminated: Mapping[str, int]
    noteworthy: Mapping[str, int]
    dropped: int

    def as_row(self) -> Row:
        """Return the report as JSON has it."""
        return asdict(self)


class Contamination:
    """An index of evaluation prompts, which finds those that an example contains."""

    def __init__(self, prompt_sets: Iterable[PromptSet], *, threshold: float | None = None) -> None:
        """Index the prompts.

        Args:
            prompt_sets: the prompts to look for.
            threshold: a text is a near-duplicate above this ROUGE-L F; None is the published 0.7.
        """
        self.prompt_sets = tuple(prompt_sets)
        self._pool = NearDuplicates("unicode", threshold)
        self._origins: list[tuple[str, str]] = []
        self._grams: dict[int, dict[tuple[str, ...], int]] = {CONTAMINATING_WORDS: {}, NOTEWORTHY_WORDS: {}}
        for prompt_set in self.prompt_sets:
            for prompt in prompt_set.prompts:
                self._add(prompt_set.name, prompt)

    def find(self, example: Example) -> Overlap | None:
        """Return the most serious overlap of `example` with a prompt, or None."""
        if finding := self._near_duplicate(example):
            return finding
        word_lists = [words(text) for text in (example.instruction, example.input, example.output)]
        return self._shared(word_lists, CONTAMINATING_WORDS) or self._shared(word_lists, NOTEWORTHY_WORDS)

    def report(self, findings: Sequence[Overlap | None], *, dropped: int = 0) -> Report:
        """Return the result of a check, given what was found for each row of a data set."""
        found = [finding for finding in findings if finding]
        return Report(
            tuple(_described(prompt_set) for prompt_set in self.prompt_sets),
            rows=len(findings),
            contaminated=dict(Counter(finding.prompt_set for finding in found if finding.contaminates)),
            noteworthy=dict(Counter(finding.prompt_set for finding in found if not finding.contaminates)),
            dropped=dropped,
        )

    def _add(self, name: str, prompt: str) -> None:
        index = self._pool.add(prompt)
        self._origins.append((name, prompt))
        for length, known in self._grams.items():
            for gram in _grams(words(prompt), length):
                known.setdefault(gram, index)

    def _near_duplicate(self, example: Example) -> Overlap | None:
        texts = [example.instruction] + [f"{example.instruction}\n{example.input}"] * bool(example.input)
        duplicates = [match for text in texts if (match := self._pool.duplicate_of(text))]
        if not duplicates:
            return None
        nearest = max(duplicates, key=lambda match: match.score)
        return Overlap("near_duplicate", *self._origins[nearest.index], nearest.score)

    def _shared(self, word_lists: Iterable[Sequence[str]], length: int) -> Overlap | None:
        known = self._grams[length]
        shared = (known[gram] for text in word_lists for gram in _grams(text, length) if gram in known)
        index = next(shared, None)
        return None if index is None else Overlap(_KINDS[length], *self._origins[index])


def read_prompt_set(path: Path) -> PromptSet:
    """Return the prompts of a JSONL file as a set named after the file.

    A row has `turns` (a list), `prompt`, `question` or `text`, or an `instruction`, which counts both alone and with
    each `input` that it or its `instances` (Self-Instruct's shape) have.

    Raises:
        BadInput: the file is faulty, or a row has no prompt.
    """
    found = [_prompts_of(row) for row in read_jsonl(path)]
    if strange := [f"row {number}: no prompt" for number, prompts in enumerate(found, 1) if not prompts]:
        hint = "A prompt is looked for under instruction, prompt, question, text or turns."
        raise bad_rows(path, strange, of=len(found), hint=hint)
    return PromptSet(path.stem, tuple(prompt for prompts in found for prompt in prompts))


def _prompts_of(row: Row) -> list[str]:
    if isinstance(row.get("turns"), list):
        return [turn for turn in row["turns"] if isinstance(turn, str)]
    if not isinstance(row.get("instruction"), str):
        return [row[key] for key in ("prompt", "question", "text") if isinstance(row.get(key), str)][:1]
    instances = row["instances"] if isinstance(row.get("instances"), list) else [row]
    inputs = [instance.get("input") for instance in instances if isinstance(instance, dict)]
    return [row["instruction"], *(f"{row['instruction']}\n{text}" for text in inputs if text)]


def _grams(text: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    return zip(*(text[start:] for start in range(length)), strict=False)


def _described(prompt_set: PromptSet) -> Row:
    digest = hashlib.sha256("\0".join(prompt_set.prompts).encode()).hexdigest()
    return {"name": prompt_set.name, "prompts": len(prompt_set.prompts), "sha256": digest}
