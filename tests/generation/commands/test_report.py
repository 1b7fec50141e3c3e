"""`arena generate report`, as a person calls it."""

from pathlib import Path

import pytest

from arena.cli import main
from tests.generation.report.pages import row, write_run


def test_the_command_writes_the_page_into_the_run_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    write_run(tmp_path, [row()])
    assert main(["generate", "report", str(tmp_path), "--language", "ko"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "report.html")
    assert '<html lang="ko">' in (tmp_path / "report.html").read_text()
    assert main(["generate", "report", str(tmp_path / "nowhere")]) == 2
    assert "examples.jsonl cannot be read" in capsys.readouterr().err
