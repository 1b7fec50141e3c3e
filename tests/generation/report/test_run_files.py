"""The files that a report is made from."""

import re
from pathlib import Path

import pytest

from generation.errors import BadInput
from tests.generation.report.pages import Outline, page_of, row, write_run


def test_files_that_are_not_there_are_named_and_left_out(tmp_path: Path):
    page = page_of(write_run(tmp_path, [row()]))
    assert "This run has no rejected.jsonl, summary.json, manifest.json, recipe.toml" in page
    assert "<h1>1 examples</h1>" in page
    assert "nothing is known of licences" in page
    assert "Not audited. Run `arena audit" in page
    Outline(page)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rejected.jsonl", '{"instruction": 1}\n'),
        ("summary.json", "[]"),
        ("summary.json", '{"a": 1}'),
        ("manifest.json", "{"),
        ("recipe.toml", "="),
    ],
)
def test_a_faulty_file_is_refused_by_name_and_no_page_is_written(tmp_path: Path, name: str, content: str):
    (write_run(tmp_path, [row()]) / name).write_text(content)
    with pytest.raises(BadInput, match=re.escape(name)):
        page_of(tmp_path)
    assert not (tmp_path / "report.html").exists()
