"""Parsing: the published rules, answers that broke off, and answers that are none."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.candidates.parsing import Candidate, parse_instances, parse_json, parse_list, parse_tasks
from generation.dataset import Example
from generation.instruction_prompts import load_prompt

ALPACA = load_prompt("alpaca_v1")
TWO = """ Name a river.
4. Input:
<noinput>
4. Output:
The Nile.
###
5. Instruction: Translate the word.
5. Input:
river
5. Output:
fleuve
###
"""


PIECES = ["###", "4. Instruction:", "4. Input:", "4. Output:", "5. Instruction:", "5. Input:", "5. Output:", "5.Input:"]
PIECES += ["6. Instruction: x", "15. Output:", "<noinput>", "a river", "\n", " "]


def read(text: str, *, finish_reason: str = "stop", strict: bool = True) -> list[Candidate]:
    return parse_tasks(text, finish_reason=finish_reason, prompt=ALPACA, shown=3, strict=strict)


def faults(candidates: list[Candidate]) -> list[str | None]:
    return [candidate.fault for candidate in candidates]


def published(response: str, finish_reason: str) -> list[tuple[str, str, str]]:
    """The published rule, as generation.md §5 describes it: the examples only."""
    kept = []
    blocks = re.split("###", "4. Instruction:" + response)
    for place, block in enumerate(blocks):
        if place == len(blocks) - 1 and finish_reason == "length":
            continue
        parts = re.split(rf"{place + 4}\.\s+(Instruction|Input|Output):", block)
        if len(parts) == 7:
            instruction, input_, output = (parts[at].strip() for at in (2, 4, 6))
            kept.append((instruction, "" if input_.lower() == "<noinput>" else input_, output))
    return kept


def test_a_numbered_answer_goes_on_after_the_prompt():
    assert [candidate.example for candidate in read(TWO)] == [
        Example("Name a river.", "", "The Nile."),
        Example("Translate the word.", "river", "fleuve"),
    ]


@pytest.mark.parametrize("opening", ["4. Instruction:", "###\n4. Instruction:", "\n\n4.  Instruction:"])
def test_a_chat_teacher_may_repeat_the_number_it_is_asked_to_go_on_from(opening: str):
    assert read(opening + TWO) == read(TWO)


def test_another_numbering_is_read_unless_the_recipe_is_the_published_one():
    renumbered = "1. Instruction:" + TWO.replace("4.", "1.").replace("5.", "2.")
    assert faults(read(renumbered, strict=False)) == [None, None]
    assert faults(read(renumbered, strict=True)) == ["no_task"]


@given(
    st.lists(
        st.sampled_from(["###", "4. Instruction:", "4. Input:", "4. Output:", "5. Instruction:", "5. Input:"])
        | st.sampled_from(
            ["5. Output:", "6. Instruction: x", "<noinput>", "a river", "\n", " ", "5.Input:", "15. Output:"]
        ),
        max_size=24,
    ),
    st.sampled_from(["stop", "length"]),
)
def test_the_strict_rule_keeps_what_the_published_one_keeps(pieces: list[str], finish_reason: str):
    # What begins with a number of its own, or a separator, never worked as published: see the test above.
    text = " do this\n" + " ".join(pieces)
    kept = [c.example for c in read(text, finish_reason=finish_reason) if c.fault is None]
    assert [(e.instruction, e.input, e.output) for e in kept] == published(text, finish_reason)


def test_the_item_that_the_length_limit_cut_is_truncated():
    assert faults(read(TWO.rstrip("#\n"), finish_reason="length")) == [None, "truncated"]


def test_two_tasks_in_one_block_are_merged_and_half_a_task_is_malformed():
    merged = TWO.replace("###\n5. Instruction", "4. Instruction", 1)
    assert faults(read(merged)) == ["merged_tasks"]
    assert faults(read(TWO + "6. Instruction: Sing.\n6. Output:\nLa.")) == [None, None, "malformed"]


@pytest.mark.parametrize(
    "text", ["I'm sorry, but I can't help with that.", "<html>Bad gateway</html>", "###", "죄송합니다."]
)
def test_an_answer_without_any_task_is_one_fault_with_its_text(text: str):
    (candidate,) = read(text)
    assert candidate.fault == "no_task"
    assert candidate.example.instruction == text


def as_json(*tasks: Any) -> str:
    return json.dumps({"tasks": tasks}, ensure_ascii=False)


RIVER = {"instruction": "Name a river.", "input": None, "output": "The Nile."}


def test_json_is_read_with_null_for_no_input():
    assert [c.example for c in parse_json(as_json(RIVER), finish_reason="stop")] == [
        Example("Name a river.", "", "The Nile.")
    ]


def test_json_inside_a_fence_is_read():
    assert faults(parse_json(f"```json\n{as_json(RIVER)}\n```", finish_reason="stop")) == [None]


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_of_cut_json_the_whole_items_are_kept(cut: int):
    text = as_json(RIVER, RIVER | {"instruction": "Name a lake."})[:-cut]
    whole = 2 if cut <= 2 else 1
    assert faults(parse_json(text, finish_reason="length")) == [None] * whole + ["truncated"]


def test_json_of_another_shape_is_malformed():
    assert faults(parse_json(as_json(RIVER, {"instruction": "No output"}), finish_reason="stop")) == [None, "malformed"]
    assert faults(parse_json('{"tasks": [' + json.dumps(RIVER) + ", oops", finish_reason="stop")) == [None, "malformed"]
    assert faults(parse_json("I cannot do that.", finish_reason="stop")) == ["no_task"]


def test_a_list_is_read_and_keeps_its_capitals():
    candidates = parse_list(" write about NASA\n10. Explain  the\ttides.\n11. Why?", finish_reason="stop")
    assert [c.example.instruction for c in candidates] == ["Write about NASA", "Explain the tides.", "Why?"]


def test_of_a_cut_list_nothing_is_kept():
    assert faults(parse_list(" Write.\n10. Expl", finish_reason="length")) == ["truncated", "truncated"]


def instances(text: str, *, output_first: bool = False, finish_reason: str = "stop") -> list[tuple[str, str]]:
    read = parse_instances(text, finish_reason=finish_reason, instruction="Do.", output_first=output_first)
    return [(c.example.input, c.example.output) for c in read if c.fault is None]


def test_worked_examples_are_read():
    text = "Example 1\nText: one\nOutput: two\nExample 2\nInput: three\nOutput: four\n"
    assert instances(text) == [("Text: one", "two"), ("three", "four")]


def test_a_lone_output_has_no_input():
    assert instances("Output: It was a dark night.") == [("", "It was a dark night.")]


def test_an_answer_without_output_is_malformed():
    assert instances("It was a dark night.") == []


def test_labels_come_before_their_inputs():
    text = "Class label: spam\nMail: Win!\nClass label: no spam\nMail: Hi\nthere\nClass label: empty"
    assert instances(text, output_first=True) == [("Mail: Win!", "spam"), ("Mail: Hi\nthere", "no spam"), ("", "empty")]


def test_the_last_case_of_a_cut_answer_is_dropped():
    text = "Example 1\nA\nOutput: b\nExample 2\nC\nOutput: d and"
    assert instances(text, finish_reason="length") == [("A", "b")]
