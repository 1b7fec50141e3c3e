"""The folder of a run: who may write to it, and from which step."""

from pathlib import Path

import pytest

from tests.training.conftest import Runs
from training.errors import TrainingError


def test_a_finished_run_is_never_overwritten(trained: Path, base: Path):
    with pytest.raises(TrainingError, match="finished run") as refused:
        Runs(trained.parent, base).here("trained")
    assert "name=" in str(refused.value.hint)
