"""`arena generate audit`, as a person calls it."""

from pathlib import Path

import pytest

from generation.auditing.audit import Audit
from tests.generation.audits import label_whole, printed


@pytest.mark.parametrize("sample", ["0", "-3", "many"])
def test_a_sample_of_no_rows_is_refused(run_folder: Path, sample: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        printed(capsys, str(run_folder), f"--sample={sample}")
    assert "give 1 or more" in capsys.readouterr().err


def test_two_people_are_printed_with_their_agreement(
    run_folder: Path, audit: Audit, capsys: pytest.CaptureFixture[str]
):
    label_whole(audit, "ana", {0: "output", 1: "output"})
    label_whole(audit, "bo", {0: "output", 2: "output"})
    out = printed(capsys, str(run_folder))
    assert "faulty somewhere  20 % [5.7, 51.0]" in out
    assert "ana and bo:" in out
    assert "the same on 8 of 10, kappa 0.37" in out
