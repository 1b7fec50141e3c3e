"""Examples: the rows of data files as tokens, each token marked as learned or not.

Nothing is left out silently: rows that are cut off, split or have nothing to learn are listed in a `Reading`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generation.dataset import Row, bad_rows, read_jsonl
from generation.errors import BadInput
from generation.formats import FORMATS, Misfit, detect
from generation.prompts import Messages, PromptFormat, Tokenizer
from training.recipe import TrainingRecipe


@dataclass(frozen=True, slots=True)
class TokenizedExample:
    """One document to train on.

    Attributes:
        ids: its tokens.
        trained: for each token, whether it counts in the loss.
        place: the file and row it comes from, such as "examples.jsonl row 3".
    """

    ids: list[int]
    trained: list[bool]
    place: str

    @property
    def num_trained(self) -> int:
        """How many tokens count in the loss."""
        return sum(self.trained)


@dataclass
class Reading:
    """The examples of a recipe's data, and the rows that were not taken as they are. Rows are named by their place.

    Attributes:
        examples: in the order of the rows.
        truncated: rows longer than `max_length`, whose tokens beyond it are not learned.
        split: texts longer than `max_length`, which became several examples.
        fully_masked: rows without a token to learn. They are left out.
        num_cut: how many tokens of all truncated rows were cut off.
    """

    examples: list[TokenizedExample] = field(default_factory=list)
    truncated: list[str] = field(default_factory=list)
    split: list[str] = field(default_factory=list)
    fully_masked: list[str] = field(default_factory=list)
    num_cut: int = 0

    def counts(self) -> dict[str, int]:
        """Return the numbers of examples, of their tokens, and of the rows in each list."""
        return {
            "examples": len(self.examples),
            "tokens": sum(len(example.ids) for example in self.examples),
            "trained_tokens": sum(example.num_trained for example in self.examples),
            "truncated": len(self.truncated),
            "cut_tokens": self.num_cut,
            "split": len(self.split),
            "fully_masked": len(self.fully_masked),
        }


def read_chat(paths: Iterable[Path], *, shape: PromptFormat, tokenizer: Tokenizer, max_length: int) -> Reading:
    """Read conversations; the assistant's replies are learned.

    Args:
        paths: the files.
        shape: the prompt format in which a conversation is written.
        tokenizer: the base's.
        max_length: tokens at which a conversation is cut off.

    Raises:
        BadInput: a file cannot be read, has rows of no known format, or no row has anything to learn.
    """
    reading = Reading()
    for path in paths:
        for place, messages in conversations(path):
            encoded = shape.encode(tokenizer, messages)
            example = TokenizedExample(encoded.ids[:max_length], encoded.trained[:max_length], place)
            if cut := len(encoded.ids) - len(example.ids):
                reading.truncated.append(place)
                reading.num_cut += cut
            if example.num_trained:
                reading.examples.append(example)
            else:
                reading.fully_masked.append(place)
    return _checked(reading, paths)


def read_texts(paths: Iterable[Path], *, tokenizer: Any, max_length: int) -> Reading:
    """Read plain texts; every token is learned, and the last is the end-of-text token.

    A JSONL file has the text of each row under `text`; in any other file a blank line ends a text. A text of more than
    `max_length` tokens becomes several examples.

    Raises:
        BadInput: a file cannot be read or has no text.
    """
    reading = Reading()
    for path in paths:
        for place, text in _texts(path):
            head = [] if tokenizer.bos_token_id is None else [tokenizer.bos_token_id]
            ids = [*head, *tokenizer.encode(text, add_special_tokens=False), tokenizer.eos_token_id]
            if len(ids) > max_length:
                reading.split.append(place)
            # Each part begins with the last token of the part before. It is context there, and not learned again.
            for start in range(0, max(len(ids) - 1, 1), max_length - 1):
                part = ids[start : start + max_length]
                reading.examples.append(TokenizedExample(part, [False] + [True] * (len(part) - 1), place))
    return _checked(reading, paths)


def read_examples(recipe: TrainingRecipe, tokenizer: Any) -> Reading:
    """Return the examples of a recipe's data; see `read_chat` and `read_texts`."""
    paths = [Path(name) for name in recipe.data]
    if recipe.shape is None:
        return read_texts(paths, tokenizer=tokenizer, max_length=recipe.max_length)
    return read_chat(paths, shape=recipe.shape, tokenizer=tokenizer, max_length=recipe.max_length)


def conversations(path: Path) -> Iterator[tuple[str, Messages]]:
    """Yield the place and the messages of each row of a file.

    The `input` of an Alpaca row is kept under a key of its own, for formats that write it into a prompt of its own.

    Raises:
        BadInput: rows are faulty; names every faulty row.
    """
    rows = read_jsonl(path)
    source = detect(path, rows)
    faults: list[str] = []
    for number, row in enumerate(rows, 1):
        try:
            messages = _messages(row, source)
        except Misfit as misfit:
            faults.append(f"row {number}: {misfit}")
        else:
            yield f"{path.name} row {number}", messages
    if faults:
        raise bad_rows(path, faults, of=len(rows), hint="Correct them, or leave them out of the file.")


def _messages(row: Row, source: Any) -> list[dict[str, Any]]:
    given = row.get("input", "") if source == "alpaca" else ""
    messages = list(FORMATS[source].read({**row, "input": ""} if given else row, "").messages)
    if not any(message["role"] == "assistant" for message in messages):
        raise Misfit("nothing is said by an assistant")
    if given:
        messages[-2] = {**messages[-2], "input": given}
    return messages


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    if path.suffix == ".jsonl":
        for number, row in enumerate(read_jsonl(path, texts=("text",)), 1):
            yield f"{path.name} row {number}", row["text"]
        return
    try:
        paragraphs = path.read_text(encoding="utf-8").split("\n\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}.") from error
    for number, paragraph in enumerate(paragraphs, 1):
        if paragraph.strip():
            yield f"{path.name} text {number}", paragraph.strip()


def _checked(reading: Reading, paths: Iterable[Path]) -> Reading:
    if not reading.examples:
        names = ", ".join(str(path) for path in paths)
        raise BadInput(
            f"There is nothing to learn in {names}: {len(reading.fully_masked)} rows, all of them fully masked.",
            hint="Raise max_length: replies begin beyond it." if reading.truncated else None,
        )
    return reading
