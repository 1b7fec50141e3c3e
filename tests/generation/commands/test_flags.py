"""Flags that change a recipe: limits, prices, keys and addresses."""

import json
from pathlib import Path

import pytest

from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.commands.calls import run_at


def test_a_limit_of_money_needs_a_price_and_holds(
    tmp_path: Path, fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "run"
    assert run_at(fake_endpoint, out, "--max-cost", "0.01") == 2
    assert "stop.max_cost: needs a price" in capsys.readouterr().err
    assert not fake_endpoint.calls
    assert run_at(fake_endpoint, out, "--max-cost", "0.01", "--price-in", "0.15", "--price-out", "0.6") == 3
    summary = json.loads((out / "summary.json").read_text())
    assert 0.006 < summary["cost_usd"] <= 0.01
    assert summary["stopped"]["reason"] == "cost"


def test_a_missing_key_is_named_before_anything_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, fake_endpoint: FakeEndpoint
):
    monkeypatch.delenv("MY_KEY", raising=False)
    out = tmp_path / "run"
    assert run_at(fake_endpoint, out, "--api-key-env", "MY_KEY") == 2
    assert "The environment variable MY_KEY is not set" in capsys.readouterr().err
    monkeypatch.setenv("MY_KEY", "sk-secret-123")
    assert run_at(fake_endpoint, out, "--api-key-env", "MY_KEY", "--target", 5) == 0
    assert fake_endpoint.calls[0].headers["authorization"] == "Bearer sk-secret-123"
    assert not any(b"sk-secret" in path.read_bytes() for path in out.iterdir())


def test_the_shipped_recipes_key_is_not_sent_to_another_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_endpoint: FakeEndpoint
):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-123")
    assert run_at(fake_endpoint, tmp_path / "run", "--target", 5) == 0
    assert "authorization" not in fake_endpoint.calls[0].headers
