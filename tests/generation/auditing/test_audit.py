"""Audits: what is drawn, what is saved, and what the labels say."""

import json
from pathlib import Path

import pytest

from generation.auditing.audit import Audit, FaultShare
from generation.dataset import Example
from generation.errors import BadInput
from tests.generation.audits import label_whole


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (FaultShare(92, 200), "46 % [39.2, 52.9]"),
        (FaultShare(0, 10), "0 % [0.0, 27.8]"),
        (FaultShare(10, 10), "100 % [72.2, 100.0]"),
        (FaultShare(31, 200), "15.5 % [11.1, 21.2]"),
        (FaultShare(0, 0), "no labels yet"),
    ],
)
def test_a_share_is_said_with_its_wilson_interval(share: FaultShare, said: str):
    assert str(share) == said


def test_the_draw_is_the_same_for_a_seed_and_another_for_another(run_folder: Path):
    numbers = []
    for seed in (1, 1, 2):
        numbers.append([row.number for row in Audit.begin(run_folder, sample=50, seed=seed).rows])
        (run_folder / "audit" / "sample.jsonl").unlink()
    assert numbers[0] == numbers[1] != numbers[2]
    assert len(set(numbers[0])) == 50


def test_a_drawn_row_is_the_one_at_its_number_in_the_data_set(audit: Audit):
    assert all(row.example == Example(f"Do {row.number - 1}.", "", f"Done {row.number - 1}.") for row in audit.rows)


def test_a_run_smaller_than_the_sample_is_labelled_whole(run_folder: Path):
    assert [row.number for row in Audit.begin(run_folder, sample=1000).rows] == list(range(1, 301))


def test_an_audit_keeps_its_rows_when_the_data_set_grows(run_folder: Path, audit: Audit):
    with (run_folder / "examples.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n" + json.dumps({"instruction": "New.", "input": "", "output": "New."}))
    assert Audit.begin(run_folder, sample=20, seed=7).rows == audit.rows


def test_a_label_is_there_for_the_next_reader_and_the_last_word_counts(run_folder: Path, audit: Audit):
    number = audit.rows[0].number
    audit.label(number, "output", False, by="가람")
    audit.label(number, "output", True, by="가람")
    audit.label(number, "task", True, by="가람")
    reopened = Audit.of(run_folder)
    assert reopened
    assert reopened.labels(by="가람") == {number: {"output": True, "task": True}}
    assert reopened.people == ("가람",)


def test_a_torn_line_costs_only_itself(audit: Audit):
    number = audit.rows[0].number
    audit.label(number, "task", True, by="ana")
    with (audit.folder / "labels-ana.jsonl").open("ab") as file:
        file.write(b'{"row": 1, "fie')
    audit.label(number, "input", False, by="ana")
    assert audit.labels(by="ana") == {number: {"task": True, "input": False}}


def test_only_rows_that_are_labelled_whole_count(audit: Audit):
    label_whole(audit, "ana", {0: "output", 1: "input"})
    audit.label(audit.rows[0].number, "input", False, by="ana")
    audit.label(audit.rows[5].number, "task", True, by="bo")
    assert {field: (share.bad, share.of) for field, share in audit.shares(by="ana").items()} == {
        "any": (2, 10),
        "task": (0, 10),
        "input": (2, 10),
        "output": (1, 10),
    }
    assert audit.shares(by="bo")["any"] == FaultShare(0, 0)


def test_agreement_of_two_people_is_corrected_for_chance(audit: Audit):
    label_whole(audit, "ana", {0: "output", 1: "output"})
    label_whole(audit, "bo", {0: "output", 2: "output"})
    agreement = audit.agreement("ana", "bo")
    assert (agreement["output"].same, agreement["output"].of) == (8, 10)
    assert agreement["output"].kappa == pytest.approx((0.8 - 0.68) / (1 - 0.68))
    assert agreement["task"].kappa is None


@pytest.mark.parametrize("name", ["", "../ana", "a/b", ".ana"])
def test_a_name_that_is_no_file_name_is_refused(audit: Audit, name: str):
    with pytest.raises(BadInput, match="cannot name a file"):
        audit.label(audit.rows[0].number, "task", True, by=name)


def test_a_run_without_examples_cannot_be_audited(tmp_path: Path):
    with pytest.raises(BadInput, match="cannot be read"):
        Audit.begin(tmp_path)
    (tmp_path / "examples.jsonl").touch()
    with pytest.raises(BadInput, match="no example to label"):
        Audit.begin(tmp_path)


def test_a_sample_without_row_numbers_is_refused(audit: Audit):
    (audit.folder / "sample.jsonl").write_text('{"instruction": "", "input": "", "output": ""}')
    with pytest.raises(BadInput, match="line 1: `row` is no number"):
        Audit.of(audit.folder.parent)
