"""Examples: what is learned of each row, token by token, and what became of the rest."""

from pathlib import Path
from typing import Any

import pytest

from generation.errors import BadInput
from generation.prompts import prompt_format
from tests.training.conftest import write_rows
from training.examples import read_chat, read_texts

ALPACA = [
    {"instruction": "Say it.", "input": "Wait.", "output": "Wait, please."},
    {"instruction": "Go", "output": "No"},
]
SHAREGPT = [{"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Yo"}] * 2}]


def learned(tokenizer: Any, path: Path, name: str) -> list[str]:
    reading = read_chat([path], shape=prompt_format(name), tokenizer=tokenizer, max_length=512)
    return [
        tokenizer.decode([id_ for id_, trained in zip(example.ids, example.trained, strict=True) if trained])
        for example in reading.examples
    ]


def test_only_the_output_and_its_end_are_learned_of_an_alpaca_row(tokenizer: Any, tmp_path: Path):
    path = write_rows(tmp_path / "rows.jsonl", ALPACA)
    assert learned(tokenizer, path, "alpaca") == ["Wait, please.</s>", "No</s>"]


def test_every_reply_and_its_end_are_learned_of_a_conversation(tokenizer: Any, tmp_path: Path):
    path = write_rows(tmp_path / "rows.jsonl", SHAREGPT)
    assert learned(tokenizer, path, "vicuna_v1.1") == [" Yo</s> Yo</s>"]


def test_an_alpaca_rows_input_gets_the_published_prompt_with_input(tokenizer: Any, tmp_path: Path):
    path = write_rows(tmp_path / "rows.jsonl", ALPACA)
    reading = read_chat([path], shape=prompt_format("alpaca"), tokenizer=tokenizer, max_length=512)
    texts = [tokenizer.decode(example.ids) for example in reading.examples]
    assert "paired with an input" in texts[0]
    assert "### Input:\nWait.\n\n### Response:" in texts[0]
    assert "### Input" not in texts[1]


def test_what_is_cut_off_is_counted_and_what_has_nothing_to_learn_is_named(tokenizer: Any, tmp_path: Path):
    rows = [{"instruction": "x " * 300, "output": "never reached"}, {"instruction": "Go", "output": "on " * 300}]
    path = write_rows(tmp_path / "rows.jsonl", rows)
    reading = read_chat([path], shape=prompt_format("alpaca"), tokenizer=tokenizer, max_length=100)
    assert reading.fully_masked == ["rows.jsonl row 1"]
    assert reading.truncated == ["rows.jsonl row 1", "rows.jsonl row 2"]
    assert [len(example.ids) for example in reading.examples] == [100]
    whole = read_chat([path], shape=prompt_format("alpaca"), tokenizer=tokenizer, max_length=10_000)
    assert reading.num_cut == sum(len(example.ids) - 100 for example in whole.examples)


def test_data_without_anything_to_learn_is_refused(tokenizer: Any, tmp_path: Path):
    path = write_rows(tmp_path / "rows.jsonl", [{"instruction": "x " * 300, "output": "y"}])
    with pytest.raises(BadInput, match="nothing to learn") as refused:
        read_chat([path], shape=prompt_format("alpaca"), tokenizer=tokenizer, max_length=50)
    assert "max_length" in str(refused.value.hint)


def test_every_faulty_row_is_named(tokenizer: Any, tmp_path: Path):
    rows = [*ALPACA, {"instruction": "a", "output": 3}, {"instruction": "b", "output": None}]
    path = write_rows(tmp_path / "rows.jsonl", rows)
    with pytest.raises(BadInput) as refused:
        read_chat([path], shape=prompt_format("alpaca"), tokenizer=tokenizer, max_length=50)
    assert [fault.split(":")[0] for fault in refused.value.faults] == ["row 3", "row 4"]


def test_of_a_text_every_token_is_learned_once_however_it_is_split(tokenizer: Any, tmp_path: Path):
    text = "Alpacas hum softly when they are curious. " * 8
    path = write_rows(tmp_path / "texts.jsonl", [{"text": text}])
    reading = read_texts([path], tokenizer=tokenizer, max_length=20)
    whole = tokenizer.encode(text, add_special_tokens=False)
    again = [id_ for part in reading.examples for id_, trained in zip(part.ids, part.trained, strict=True) if trained]
    assert again == [*whole, tokenizer.eos_token_id]
    assert max(len(part.ids) for part in reading.examples) == 20
    assert reading.split == ["texts.jsonl row 1"]


def test_a_blank_line_ends_a_text_in_a_plain_file(tokenizer: Any, tmp_path: Path):
    path = tmp_path / "texts.txt"
    path.write_text("One\nline.\n\nAnother.\n")
    reading = read_texts([path], tokenizer=tokenizer, max_length=64)
    assert [tokenizer.decode(part.ids) for part in reading.examples] == ["<s>One\nline.</s>", "<s>Another.</s>"]
