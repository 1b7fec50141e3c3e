"""An audit as a spreadsheet: written, filled in, read back."""

import csv
import json
from pathlib import Path

import pytest

from generation.auditing.audit import Audit
from generation.errors import BadInput
from tests.generation.audits import printed


def test_a_csv_is_written_filled_in_and_read_back(run_folder: Path, capsys: pytest.CaptureFixture[str]):
    sheet = run_folder / "labels.csv"
    arguments = [str(run_folder), "--sample", "4", "--csv", str(sheet), "--by", "ana"]
    assert "Wrote 4 rows" in printed(capsys, *arguments)

    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row.update(valid_task="yes", suitable_input="Y", acceptable_output="예")
    rows[0]["acceptable_output"] = "no"
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)

    out = printed(capsys, *arguments)
    assert "ana: 4 of 4 rows labelled" in out
    assert "bad output        25 % [4.6, 69.9]" in out
    saved = (run_folder / "audit" / "labels-ana.jsonl").read_bytes()
    printed(capsys, *arguments)
    assert (run_folder / "audit" / "labels-ana.jsonl").read_bytes() == saved


def test_a_csv_cell_never_begins_a_formula(run_folder: Path, capsys: pytest.CaptureFixture[str]):
    row = {"instruction": "=HYPERLINK(1)", "input": "+1", "output": "fine"}
    (run_folder / "examples.jsonl").write_text(json.dumps(row), encoding="utf-8")
    printed(capsys, str(run_folder), "--csv", str(run_folder / "labels.csv"))
    with (run_folder / "labels.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1] == ["1", "'=HYPERLINK(1)", "'+1", "fine", "", "", ""]


def test_every_fault_of_a_csv_is_named_at_once_and_nothing_is_taken_over(
    run_folder: Path, audit: Audit, capsys: pytest.CaptureFixture[str]
):
    number = audit.rows[0].number
    sheet = run_folder / "labels.csv"
    sheet.write_text(
        f"row,valid_task,suitable_input,acceptable_output\n{number},yes,maybe,\n9999,yes,yes,yes\n{number},no\n"
    )
    with pytest.raises(BadInput) as caught:
        printed(capsys, str(run_folder), "--csv", str(sheet))
    assert caught.value.faults == ("line 2: `suitable_input` is 'maybe'", "line 3: row '9999' is not in the sample")
    assert audit.people == ()


def test_a_csv_without_the_columns_is_refused(run_folder: Path, audit: Audit, capsys: pytest.CaptureFixture[str]):
    sheet = run_folder / "labels.csv"
    sheet.write_text("row,valid_task\n")
    with pytest.raises(BadInput, match="acceptable_output, suitable_input"):
        printed(capsys, str(run_folder), "--csv", str(sheet))
