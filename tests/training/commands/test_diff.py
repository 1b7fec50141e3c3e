"""`arena train diff`: a fine-tune goes out without its base, and comes back whole."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from arena.cli import main


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, str]:
    for name, value in (("base", 1.0), ("tuned", 2.0)):
        (tmp_path / name).mkdir()
        save_file({"weight": torch.full((4,), value)}, tmp_path / name / "model.safetensors")
    return str(tmp_path / "base"), str(tmp_path / "tuned")


def test_make_and_apply_give_the_fine_tune_back(folders: tuple[str, str], tmp_path: Path):
    base, tuned = folders
    diff, again = str(tmp_path / "diff"), tmp_path / "again"
    assert main(["train", "diff", "make", base, tuned, diff]) == 0
    assert main(["train", "diff", "apply", base, diff, str(again)]) == 0
    assert (again / "model.safetensors").read_bytes() == Path(tuned, "model.safetensors").read_bytes()


def test_a_folder_that_is_there_already_is_one_message_and_exit_code_2(
    folders: tuple[str, str], capsys: pytest.CaptureFixture[str]
):
    base, tuned = folders
    assert main(["train", "diff", "make", base, tuned, tuned]) == 2
    assert f"{tuned} exists already" in capsys.readouterr().err
