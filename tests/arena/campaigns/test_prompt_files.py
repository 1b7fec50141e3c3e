"""Prompts from files: every published format, and what is wrong with a file, all at once."""

import json
from pathlib import Path

import pytest

from arena.campaigns.prompt_files import read_prompts
from generation.errors import BadInput

# Where people who develop this keep data of others that may not be shipped: beside the project or above it.
PLACES = [above / "shared/data/generation/user_oriented_instructions.jsonl" for above in Path(__file__).parents[4:]]
HUMAN_EVALUATION = next((place for place in PLACES if place.exists()), PLACES[0])


def written(folder: Path, *rows: object, name: str = "prompts.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_our_own_format_has_one_turn_or_several(tmp_path: Path):
    path = written(tmp_path, {"prompt": "안녕하세요"}, {"item": "two", "turns": ["Hello", "Again"], "category": "chat"})
    format_, (one, two) = read_prompts(path)
    assert format_.name == "our own format"
    assert (one.item, one.turns, one.language) == ("1", ("안녕하세요",), "Korean")
    assert (two.item, two.turns, two.category) == ("two", ("Hello", "Again"), "chat")


def test_mt_bench(tmp_path: Path):
    path = written(tmp_path, {"question_id": 81, "category": "writing", "turns": ["Compose", "Rewrite"]})
    format_, (prompt,) = read_prompts(path)
    assert (format_.name, format_.licence, format_.do_not_train) == ("MT-Bench", "Apache-2.0", True)
    assert (prompt.item, prompt.turns, prompt.category) == ("81", ("Compose", "Rewrite"), "writing")


def test_alpaca_eval_is_one_json_array(tmp_path: Path):
    rows = [{"instruction": "Who?", "dataset": "koala", "output": "He", "generator": "x"}]
    format_, (prompt,) = read_prompts(written(tmp_path, json.dumps(rows), name="eval.json"))
    assert format_.licence == "CC BY-NC 4.0"
    assert (prompt.item, prompt.turns, prompt.category) == ("1", ("Who?",), "koala")


def test_self_instruct_joins_instruction_and_input(tmp_path: Path):
    row = {"id": "task_0", "motivation_app": "Mail", "instruction": "Shorten.", "instances": [{"input": "Long."}]}
    other = row | {"id": "task_1", "instances": [{"input": "", "output": "x"}]}
    _, (with_input, without) = read_prompts(written(tmp_path, row, other))
    assert (with_input.turns, with_input.category) == (("Shorten.\n\nLong.",), "Mail")
    assert without.turns == ("Shorten.",)


@pytest.mark.skipif(not HUMAN_EVALUATION.exists(), reason="the 252 prompts are not here")
def test_the_252_of_self_instruct():
    format_, prompts = read_prompts(HUMAN_EVALUATION)
    assert (len(prompts), format_.do_not_train) == (252, True)


def test_csv_has_a_column_for_the_prompt_or_for_each_turn(tmp_path: Path):
    one = written(tmp_path, '\ufeffitem,prompt,category\na,"Say ""hi"",\nplease",chat\n', name="one.csv")
    two = written(tmp_path, "turn_2,turn_1\nAgain,Hello\n,Only\n", name="two.csv")
    assert [(prompt.item, prompt.turns) for prompt in read_prompts(one)[1]] == [("a", ('Say "hi",\nplease',))]
    assert [prompt.turns for prompt in read_prompts(two)[1]] == [("Hello", "Again"), ("Only",)]


def test_all_faults_of_a_file_are_told_at_once(tmp_path: Path):
    rows = [
        {"item": "a", "prompt": "one"},
        {"item": "a", "prompt": "two"},
        {"item": "b", "prompt": "one"},
        {"prompt": " "},
        {"turns": ["x", 3]},
        {"item": True, "prompt": "y"},
        {"item": "line\nbreak", "prompt": "z"},
        {"prompt": "nul\0"},
    ]
    with pytest.raises(BadInput) as refusal:
        read_prompts(written(tmp_path, *rows))
    told = str(refusal.value)
    for fault in (
        "row 2: has the name of row 1",
        "row 3: has the text of row 1",
        *(f"row {n}: " for n in (4, 5, 6, 7, 8)),
    ):
        assert fault in told


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("p.jsonl", "", "holds no prompts"),
        ("p.csv", "question\nWho?\n", "no column `prompt`"),
        ("p.csv", "prompt\n", "holds no prompts"),
        ("p.csv", 'prompt\n"open\n', "line"),
        ("p.jsonl", "not json\n", "not JSON"),
    ],
)
def test_a_file_without_prompts_is_a_sentence(tmp_path: Path, name: str, content: str, words: str):
    with pytest.raises(BadInput, match=words):
        read_prompts(written(tmp_path, content, name=name))


def test_a_file_that_is_not_there_or_no_text_is_a_sentence(tmp_path: Path):
    (tmp_path / "latin.csv").write_bytes("prompt\nGrüße\n".encode("latin-1"))
    with pytest.raises(BadInput, match="not UTF-8"):
        read_prompts(tmp_path / "latin.csv")
    with pytest.raises(BadInput, match="cannot be read"):
        read_prompts(tmp_path / "nowhere.csv")
