"""`arena train RECIPE` on the command line."""

from pathlib import Path

import pytest

from arena.cli import main
from tests.training.conftest import TINY_BASE


def test_a_mistake_in_a_recipe_is_one_message_and_exit_code_2(capsys: pytest.CaptureFixture[str]):
    assert main(["train", "debug_tiny", "optimizer.lrr=1"]) == 2
    assert "optimizer.lrr: is not a key here; did you mean `lr`?" in capsys.readouterr().err


def test_checking_says_what_was_found_on_stderr_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["train", "--check", "--runs", str(tmp_path / "runs"), "debug_tiny", f"base={TINY_BASE}"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "preflight: a step, its export and its reload give the same logits" in printed.err
    assert not (tmp_path / "runs").exists()
