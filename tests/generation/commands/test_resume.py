"""`arena generate resume`, as a person calls it."""

from pathlib import Path

import pytest

from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.commands.calls import generate, run_at
from tests.generation.conftest import rows


def test_limits_return_three_and_say_how_to_go_on(
    tmp_path: Path, fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "run"
    assert run_at(fake_endpoint, out, "--max-requests", 2) == 3
    assert f"Go on with: arena generate resume {out}" in capsys.readouterr().err
    kept = len(rows(out / "examples.jsonl"))
    assert kept > 20
    assert generate("resume", out, "--max-requests", 4, "--target", 40) == 0
    assert len(rows(out / "examples.jsonl")) >= 40
    assert len(fake_endpoint.calls) <= 4


def test_a_changed_recipe_is_refused_for_a_run_that_has_begun(
    tmp_path: Path, fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "run"
    run_at(fake_endpoint, out, "--target", 5)
    recipe = out / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("temperature = 1.0", "temperature = 0.5"))
    assert generate("resume", out) == 2
    assert "was begun with another recipe" in capsys.readouterr().err
