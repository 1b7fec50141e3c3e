"""Forbidden prompts: those that campaigns compare on, which nothing may be generated from or trained on.

`arena campaign new` writes every prompt set of a campaign as a JSONL file into one folder. Generation warns of examples
that hold such a prompt, and training refuses them.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.candidates.decontamination import Contamination, Overlap, PromptSet, read_prompt_set
from generation.candidates.rouge import words
from generation.dataset import Example

# Where an arena that was started here keeps them.
FOLDER = Path(".arena/forbidden_prompts")
# At least the published 0.7; the index itself takes what is above a threshold.
THRESHOLD = math.nextafter(0.7, 0.0)
# A text of more words is an answer rather than a prompt: only rows of thirteen words are looked for in it.
MOST_WORDS = 400


@dataclass(frozen=True, slots=True)
class ForbiddenFound:
    """What of a data set must not be there.

    Attributes:
        rows: how many rows were looked at.
        overlaps: what was found, by the number of the row, from 1.
    """

    rows: int
    overlaps: Mapping[int, Overlap]

    @property
    def prompts(self) -> int:
        """How many different prompts were found."""
        return len({(one.prompt_set, one.prompt) for one in self.overlaps.values()})

    def sentence(self) -> str:
        """Return what was found, by prompt set."""
        sets = Counter(one.prompt_set for one in self.overlaps.values())
        told = ", ".join(f"{number} of {name}" for name, number in sets.items())
        return f"{len(self.overlaps)} of {self.rows:,} rows hold prompts that campaigns compare on ({told})"


def forbidden_sets(folder: Path = FOLDER) -> tuple[PromptSet, ...]:
    """Return the prompt sets in a folder; none where there is no such folder.

    Raises:
        BadInput: a file of it is faulty.
    """
    return tuple(read_prompt_set(path) for path in sorted(folder.glob("*.jsonl")))


def find_forbidden(rows: Iterable[Mapping[str, Any] | str], sets: Sequence[PromptSet]) -> ForbiddenFound:
    """Return which rows of a data set hold a forbidden prompt, in whatever field it stands.

    Args:
        rows: objects of any shape, or texts.
        sets: the prompts that must not be there.
    """
    contamination = Contamination(sets, threshold=THRESHOLD)
    found, number = dict[int, Overlap](), 0
    for number, row in enumerate(rows, 1):
        overlaps = (contamination.find(example) for example in _examples_in(row))
        serious = next((one for one in overlaps if one and one.contaminates), None)
        if serious:
            found[number] = serious
    return ForbiddenFound(number, found)


def _examples_in(row: Mapping[str, Any] | str) -> Iterator[Example]:
    """Yield each text of a row as what it could be: a prompt, or only an answer where it is long."""
    texts = list(_texts_in(row))
    if isinstance(row, Mapping) and isinstance(row.get("instruction"), str) and isinstance(row.get("input"), str):
        texts.append(f"{row['instruction']}\n{row['input']}")
    for text in texts:
        yield Example(text) if len(words(text)) <= MOST_WORDS else Example("", "", text)


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _texts_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts_in(one)
