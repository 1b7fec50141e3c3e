"""Answers from files: our own rows, outputs of AlpacaEval and of MT-Bench, and everything that is wrong with them."""

from pathlib import Path
from typing import Any

import pytest

from arena.campaigns.prompt_files import Prompt
from arena.campaigns.recorded_answers import read_recorded_answers
from generation.errors import BadInput
from tests.arena.campaigns.test_prompt_files import written

PROMPTS = (Prompt("a", ("First?",)), Prompt("81", ("Second?", "And?")))


@pytest.mark.parametrize(
    ("row", "item", "texts"),
    [
        ({"item": "a", "text": "1"}, "a", ("1",)),
        ({"id": "81", "texts": ["1", "2"]}, "81", ("1", "2")),
        ({"instruction": "First? ", "output": "1", "generator": "davinci"}, "a", ("1",)),
        ({"question_id": 81, "model_id": "v", "choices": [{"index": 0, "turns": ["1", "2"]}]}, "81", ("1", "2")),
    ],
)
def test_rows_that_are_answers(tmp_path: Path, row: dict[str, Any], item: str, texts: tuple[str, ...]):
    assert read_recorded_answers(written(tmp_path, row), PROMPTS) == {item: texts}


def test_all_faults_at_once(tmp_path: Path):
    rows = [
        {"item": "a", "text": "1"},
        {"item": "a", "text": "2"},
        {"item": "b", "text": "1"},
        {"text": "1"},
        {"item": "81", "text": "only one turn"},
        {"item": "81", "texts": ["1", " "]},
        {"item": "81", "texts": "12"},
        {"item": "81", "choices": [[]]},
    ]
    with pytest.raises(BadInput, match="7 of 8") as refusal:
        read_recorded_answers(written(tmp_path, *rows), PROMPTS)
    assert all(f"row {number}: " in str(refusal.value) for number in range(2, 9))
