"""`arena generate estimate`, as a person calls it."""

import re
from pathlib import Path

import pytest

from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.commands.calls import generate, run_at


def test_an_estimate_is_a_table(tmp_path: Path, fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str]):
    assert generate("estimate", "alpaca") == 0
    told = capsys.readouterr().out
    assert re.search(r"cost +\$\d+\.\d\d +\$\d+\.\d\d +\$\d+\.\d\d\n", told)
    assert "listed on 20" in told
    run_at(fake_endpoint, tmp_path / "run", "--max-requests", 3)
    capsys.readouterr()
    assert generate("estimate", tmp_path / "run") == 0
    assert "No price is known for this model" in capsys.readouterr().out
