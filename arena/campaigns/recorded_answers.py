"""Answers that come from a file: of contenders that cannot be asked here, or cannot be asked any more.

JSONL, one answer a row. The prompt is named by `item` (or `id`, `question_id`), or quoted as `instruction`; the answer
is `text` (or `answer`, `output`), or `texts`, one a turn. Outputs of AlpacaEval and of MT-Bench are such files.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from arena.campaigns.prompt_files import Prompt
from generation.dataset import Row, bad_rows, read_jsonl

NAMES = ("item", "id", "question_id")
TEXTS = ("text", "answer", "output")


def read_recorded_answers(path: Path, prompts: Sequence[Prompt]) -> dict[str, tuple[str, ...]]:
    """Return the answers in a file by the prompt's item. Prompts without an answer are left out.

    Raises:
        BadInput: it cannot be read, or rows hold no answer to one of the prompts; names each.
    """
    by_item = {prompt.item: prompt for prompt in prompts}
    by_text = {prompt.turns[0].strip(): prompt for prompt in prompts}
    rows = read_jsonl(path)
    answers: dict[str, tuple[str, ...]] = {}
    faults = []
    for number, row in enumerate(rows, 1):
        prompt = _prompt_of(row, by_item, by_text)
        if prompt is None:
            faults.append(f"row {number}: names none of the prompts")
        elif prompt.item in answers:
            faults.append(f"row {number}: a second answer to {prompt.item}")
        elif not (texts := _texts_of(row)) or len(texts) != len(prompt.turns):
            faults.append(f"row {number}: must hold a text for each of the {len(prompt.turns)} turns of {prompt.item}")
        else:
            answers[prompt.item] = texts
    if faults:
        hint = "A row has `item`, and `text` or `texts`. Answers to prompts that are not compared on must be taken out."
        raise bad_rows(path, faults, of=len(rows), hint=hint)
    return answers


def _prompt_of(row: Row, by_item: Mapping[str, Prompt], by_text: Mapping[str, Prompt]) -> Prompt | None:
    for name in NAMES:
        if name in row:
            return by_item.get(str(row[name]))
    asked = row.get("instruction")
    return by_text.get(asked.strip()) if isinstance(asked, str) else None


def _texts_of(row: Row) -> tuple[str, ...]:
    """Return the text of each turn; nothing where there is none, or one is no text or blank."""
    found: Any = row.get("texts", row.get("turns"))
    if isinstance(choices := row.get("choices"), list) and choices and isinstance(choices[0], Mapping):
        found = choices[0].get("turns")
    if found is None:
        found = [row[name] for name in TEXTS if name in row][:1]
    if not isinstance(found, list) or not all(isinstance(text, str) and text.strip() for text in found):
        return ()
    return tuple(text.replace("\0", "�") for text in found)
