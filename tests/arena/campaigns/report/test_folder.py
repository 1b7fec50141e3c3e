import json
from pathlib import Path

import pytest

from arena.campaigns.report.folder import read_folder
from arena.errors import BadConfiguration
from tests.arena.campaigns.report.exported import FIRST, new_folder, published_comparison


def test_a_folder_is_read_as_it_was_exported(tmp_path: Path):
    folder = read_folder(published_comparison(tmp_path / "export"))
    assert (len(folder.prompts), len(folder.answers), len(folder.judgements), len(folder.raters)) == (252, 504, 252, 5)
    assert folder.label(FIRST) == "Alpaca 7B"
    assert folder.overlap is None


def test_a_folder_that_was_changed_is_refused(tmp_path: Path):
    path = published_comparison(tmp_path / "export")
    with (path / "judgements.jsonl").open("a") as file:
        file.write("\n")
    (path / "raters.jsonl").unlink()
    with pytest.raises(BadConfiguration, match="not as it was exported") as refused:
        read_folder(path)
    assert refused.value.faults == (
        "judgements.jsonl: its bytes are not those that were exported",
        "raters.jsonl: there is no such file",
    )


@pytest.mark.parametrize("name", ["../design.json", "/etc/passwd"])
def test_a_manifest_names_no_file_outside_its_folder(tmp_path: Path, name: str):
    path = published_comparison(tmp_path / "export")
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["files"][name] = manifest["files"]["design.json"]
    (path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BadConfiguration, match="there is no such file"):
        read_folder(path)


def test_all_faults_are_told_at_once_with_their_lines(tmp_path: Path):
    folder = new_folder(primary_pair=["nobody", FIRST])
    folder.rater("r")
    folder.prompt("p")
    folder.place("r", "p", ["first"])
    folder.rows["judgements"][0]["verdict"] = "both good"
    folder.rows["answers"][1]["texts"] = "no list"
    del folder.rows["prompts"][0]["item"]
    with pytest.raises(BadConfiguration) as refused:
        read_folder(folder.write(tmp_path / "export"))
    assert refused.value.faults == (
        "prompts.jsonl, line 1: `item` is missing",
        "answers.jsonl, line 2: `texts` is no list of texts",
        "judgements.jsonl, line 1: verdict is `both good`, and none of left, right, tie, both_bad",
    )


def test_rows_that_do_not_fit_together_are_told(tmp_path: Path):
    folder = new_folder(primary_pair=["nobody", FIRST])
    folder.rater("r")
    folder.prompt("p")
    folder.place("r", "q", ["first"])
    folder.rows["judgements"][0]["rater"] = "another"
    with pytest.raises(BadConfiguration) as refused:
        read_folder(folder.write(tmp_path / "export"))
    assert refused.value.faults == (
        "design.json: `primary_pair` does not name two of the contenders",
        "assignments.jsonl: a1 names no prompt or contender of the campaign",
        "judgements.jsonl, line 1: its assignment is not its rater's",
    )


def test_another_format_and_no_folder_at_all_are_refused(tmp_path: Path):
    with pytest.raises(BadConfiguration, match="There is no file"):
        read_folder(tmp_path)
    path = published_comparison(tmp_path / "export")
    manifest = json.loads((path / "manifest.json").read_text()) | {"format": 9}
    (path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BadConfiguration, match="has format 9"):
        read_folder(path)
    (path / "manifest.json").write_text("{")
    with pytest.raises(BadConfiguration, match="no manifest"):
        read_folder(path)
