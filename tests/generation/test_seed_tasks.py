"""The seed tasks: our own two sets, and the loader's treatment of any file."""

import json
from pathlib import Path

import pytest

from generation.errors import BadInput
from generation.seed_tasks import Instance, SeedTask, load_seed_tasks

ROW = {
    "id": "a",
    "name": "greet",
    "instruction": "Say hello.",
    "instances": [{"input": "", "output": "Hello."}],
    "is_classification": False,
}


def written(folder: Path, *rows: object) -> Path:
    path = folder / "tasks.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_a_file_is_read_in_its_own_order(tmp_path: Path):
    path = written(tmp_path, ROW, "", {**ROW, "id": "b", "is_classification": True})
    assert load_seed_tasks(path) == (
        SeedTask("a", "greet", "Say hello.", (Instance("", "Hello."),), is_classification=False),
        SeedTask("b", "greet", "Say hello.", (Instance("", "Hello."),), is_classification=True),
    )


def test_unicode_line_separators_inside_a_text_do_not_end_the_line(tmp_path: Path):
    path = tmp_path / "tasks.jsonl"
    path.write_text(json.dumps({**ROW, "name": "a\u2028b"}, ensure_ascii=False), encoding="utf-8")
    assert load_seed_tasks(path)[0].name == "a\u2028b"


def test_every_fault_of_a_file_is_named_at_once_with_its_line(tmp_path: Path):
    path = written(
        tmp_path,
        ROW,
        "{torn",
        "[]",
        {**ROW, "id": "b", "name": 3, "is_classification": "no"},
        {**ROW, "id": "c", "instances": []},
        {**ROW, "id": "d", "instances": [{"output": "x"}, {"input": "", "output": " "}]},
        ROW,
    )
    with pytest.raises(BadInput) as caught:
        load_seed_tasks(path)
    assert caught.value.faults == (
        "line 2: not JSON: Expecting property name enclosed in double quotes at column 2",
        "line 3: an object is needed, not list",
        "line 4: `name` must be a text that is not empty",
        "line 4: `is_classification` must be true or false",
        "line 5: `instances` must be a list with at least one {input, output}",
        "line 6: instance 1: `input` must be a text, empty where the task needs none",
        "line 6: instance 2: `output` must be a text that is not empty",
        "line 7: `id` 'a' is used before",
    )


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe"])
def test_a_file_without_a_readable_task_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "tasks.jsonl"
    path.write_bytes(content)
    with pytest.raises(BadInput):
        load_seed_tasks(path)


def test_a_missing_file_is_refused_by_name(tmp_path: Path):
    with pytest.raises(BadInput, match=r"absent\.jsonl"):
        load_seed_tasks(tmp_path / "absent.jsonl")
