"""`arena benchmarks`: results are imported and listed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.arena.conftest import Enter, scripted
from tests.arena.exchange.test_benchmark_files import HARNESS, SOURCE, written


def test_results_are_imported_once_and_listed(
    arena: Callable[..., int], enter: Enter, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    enter(scripted("alpaca-lora"))
    path = str(written(tmp_path / "results.json", HARNESS))
    assert arena("benchmarks", "import", path, "--source", SOURCE) == 0
    assert "Not contenders of this arena: lab/alpaca-lora." in capsys.readouterr().out
    assert arena("benchmarks", "list", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)) == 3
    assert arena("benchmarks", "import", path, "--source", SOURCE) == 2
