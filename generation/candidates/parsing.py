"""Parsing: from a teacher's answer to candidates. Whatever cannot be read becomes a candidate with a fault.

Numbered text is read by the rule of Stanford Alpaca (`generate_instruction.py`, `post_process_gpt3_response`), lists
and instances by those of Self-Instruct (`bootstrap_instructions.py`, `prepare_for_finetuning.py`). Of a cut answer, the
item at its end is a fault.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

from generation.dataset import Example
from generation.instruction_prompts import InstructionPrompt

Fault = Literal["given_up", "malformed", "merged_tasks", "no_task", "truncated"]

# Finish reasons of complete answers.
_WHOLE = {"stop", "eos", "end_turn", "stop_sequence"}
_SEPARATOR = "###"
_QUOTE_CHARS = 300


@dataclass(frozen=True, slots=True)
class Candidate:
    """One item of an answer: an example, or the raw text (as its instruction) and its `fault`."""

    example: Example
    fault: Fault | None = None


def parse_tasks(
    text: str, *, finish_reason: str, prompt: InstructionPrompt, shown: int, strict: bool
) -> list[Candidate]:
    """Return the candidates of a numbered answer to a prompt that showed `shown` examples.

    Args:
        text: goes on after the prompt's last "N. Instruction:", or begins with a number of its own.
        finish_reason: the endpoint's word for why it ended.
        prompt: the prompt, whose labels the answer uses.
        shown: how many examples the prompt showed.
        strict: whether every item must have the number of its place, as published; else any number is accepted.
    """
    full_text = re.sub(rf"^\s*{_SEPARATOR}", "", text)
    label = "|".join(map(re.escape, (prompt.instruction, prompt.input, prompt.output)))
    if not re.match(rf"\s*\d+\.\s+{re.escape(prompt.instruction)}:", full_text):
        full_text = f"{shown + 1}. {prompt.instruction}:{full_text}"
    blocks = full_text.split(_SEPARATOR)
    last = len(blocks) - 1 if is_cut(finish_reason) else None
    candidates = []
    for place, block in enumerate(blocks):
        number = str(place + shown + 1) if strict else r"\d+"
        if place == last:
            candidates.append(_faulty(block, "truncated"))
        elif block.strip():
            candidates.append(_task(re.split(rf"{number}\.\s+(?:{label}):", block), block, prompt.no_input))
    return _or_no_task(candidates, text)


def _task(parts: list[str], block: str, no_input: str) -> Candidate:
    if len(parts) != 4:
        return _faulty(block, "merged_tasks" if len(parts) > 4 else "malformed")
    instruction, input_, output = (part.strip() for part in parts[1:])
    return Candidate(Example(instruction, "" if input_.lower() == no_input.lower() else input_, output))


def parse_json(text: str, *, finish_reason: str) -> list[Candidate]:
    """Return the candidates of an answer in JSON, as `TASKS_SCHEMA` has it. Items before a cut are complete."""
    items, rest = _objects(text)
    candidates = [_from_object(item) for item in items]
    if is_cut(finish_reason):
        candidates.append(_faulty(rest, "truncated"))
    elif not rest.startswith("]"):
        candidates.append(_faulty(rest, "malformed"))
    return _or_no_task(candidates, text)


def _from_object(item: Any) -> Candidate:
    match [item.get(name) for name in ("instruction", "input", "output")]:
        case [str(instruction), str() | None as input_, str(output)]:
            return Candidate(Example(instruction.strip(), (input_ or "").strip(), output.strip()))
        case _:
            return _faulty(json.dumps(item, ensure_ascii=False), "malformed")


def _objects(text: str) -> tuple[list[Any], str]:
    """Return the objects of the first list in `text`, up to where it ends or breaks off, and what follows."""
    decoder = json.JSONDecoder()
    items = []
    place = text.find("[") + 1
    while place and (begin := re.compile(r"[\s,]*(?=\{)").match(text, place)):
        try:
            item, place = decoder.raw_decode(text, begin.end())
        except (ValueError, RecursionError):
            break
        items.append(item)
    return items, text[place:].strip()


def parse_list(text: str, *, finish_reason: str) -> list[Candidate]:
    """Return the instructions of a numbered list; of a cut answer none is kept, as published."""
    items = [re.sub(r"\s+", " ", item).strip() for item in re.split(r"(?:^|\n)\s*\d+\s?\.\s", text)]
    if is_cut(finish_reason):
        return [_faulty(item, "truncated") for item in items if item]
    # The original lower-cases all but the first letter, which turns NASA into nasa.
    return _or_no_task([Candidate(Example(item[0].upper() + item[1:], "", "")) for item in items if item], text)


def parse_instances(text: str, *, finish_reason: str, instruction: str, output_first: bool) -> list[Candidate]:
    """Return the worked cases of one instruction; the last of a cut answer is faulty."""
    cases = _labelled(text) if output_first else _worked(text)
    candidates = [Candidate(Example(instruction, *case)) for case in cases]
    if is_cut(finish_reason) and candidates:
        candidates[-1] = Candidate(candidates[-1].example, "truncated")
    return candidates or [_faulty(text, "malformed")]


def _labelled(text: str) -> list[tuple[str, str]]:
    fields = [case.strip().partition("\n") for case in text.split("Class label:")[1:]]
    return [(case.strip(), label.strip()) for label, _, case in fields]


def _worked(text: str) -> list[tuple[str, str]]:
    heading = re.compile(r"^\s*Example\s?\d*\.?\s*$", re.MULTILINE)
    if not heading.search(text) and not re.search(r"Output\s*\d*\s*:", text):
        return []
    return [_case(case) for case in heading.split(text) if case.strip()]


def _case(text: str) -> tuple[str, str]:
    before, *after = re.split(r"Output\s*\d*\s*:", text)
    input_, output = (before, after[0]) if after else ("", before)
    # A teacher that goes on with the next case writes its input behind this output.
    output = re.split(r"Input\s*\d*\s*:", output)[0]
    return re.sub(r"^\s*Input\s*\d*\s*:", "", input_).strip(), output.strip()


def is_cut(finish_reason: str) -> bool:
    """Return whether an answer is incomplete: it ended at the length limit, or for an unknown reason."""
    return finish_reason not in _WHOLE


def _faulty(text: str, fault: Fault) -> Candidate:
    return Candidate(Example(text.strip()[:_QUOTE_CHARS], "", ""), fault)


def _or_no_task(candidates: list[Candidate], text: str) -> list[Candidate]:
    """Return `candidates`, or the whole answer as one fault if none is usable (a refusal, a web page)."""
    if any(candidate.fault in (None, "merged_tasks", "truncated") for candidate in candidates):
        return candidates
    return [_faulty(text, "no_task")]
