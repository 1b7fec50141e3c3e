"""Forbidden prompts are found in rows of any shape, at ROUGE-L 0.7 and at thirteen words in a row."""

import json
from pathlib import Path
from typing import Any

import pytest

from generation.candidates.decontamination import PromptSet
from generation.candidates.forbidden import find_forbidden, forbidden_sets

LONG = "a recipe for six people takes four hundred and fifty grams of flour and two eggs"
SETS = (PromptSet("trial-1", ("Describe the smell of a library in four sentences", LONG)),)


@pytest.mark.parametrize(
    "row",
    [
        {"instruction": "Describe the smell of a library in four sentences.", "input": "", "output": "x"},
        {"instruction": "Describe the smell", "input": "of a library in four sentences", "output": "x"},
        {"messages": [{"role": "user", "content": "describe the smell of a library in five sentences"}]},
        {"prompt": "Hi", "chosen": f"Well, {LONG}, as they say.", "rejected": ""},
        {"conversations": [{"from": "human", "value": "Hello"}, {"from": "gpt", "value": "word " * 500 + LONG}]},
        "Describe the smell of a library in four sentences",
    ],
)
def test_a_forbidden_prompt_is_found_wherever_it_stands(row: Any):
    found = find_forbidden([{"instruction": "Name a fruit"}, row], SETS)
    assert list(found.overlaps) == [2]
    assert (found.rows, found.prompts) == (2, 1)
    assert found.sentence() == "1 of 2 rows hold prompts that campaigns compare on (1 of trial-1)"


def test_exactly_seven_tenths_is_too_much():
    prompts = (PromptSet("s", ("one two three four five six seven eight nine ten",)),)
    assert find_forbidden(["one two three four five six seven x y z"], prompts).overlaps
    assert not find_forbidden(["one two three four five six w x y z"], prompts).overlaps


def test_words_that_many_share_are_nothing():
    assert not find_forbidden([{"instruction": "Describe the smell of rain", "output": "Fresh."}], SETS).overlaps
    assert find_forbidden([], SETS).rows == 0


def test_a_folder_that_is_not_there_forbids_nothing(tmp_path: Path):
    assert forbidden_sets(tmp_path / "nowhere") == ()
    (tmp_path / "s-1.jsonl").write_text(json.dumps({"turns": ["one", "two"]}) + "\n")
    (found,) = forbidden_sets(tmp_path)
    assert (found.name, found.prompts) == ("s-1", ("one", "two"))
