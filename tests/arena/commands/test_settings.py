"""`arena settings`: every setting is printed, and the environment is checked."""

import pytest

from arena.cli import main


def test_the_command_prints_every_setting_and_checks_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    assert main(["settings"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "ARENA_USD_PER_VOTER_PER_DAY The most that the paid replies to one voter may cost on a day (UTC)" in printed
    assert "in US dollars. A number above 0." in printed
    assert "Default: none. Example: 0.5." in printed
    monkeypatch.setenv("ARENA_MAX_TURNS", "none")
    assert main(["settings"]) == 2
