from pathlib import Path

import pytest

from arena.commands.database import opened_database
from arena.db.session import Database
from arena.errors import BadConfiguration


def test_a_first_command_makes_the_embedded_database(tmp_path: Path):
    with opened_database({"ARENA_HOME": str(tmp_path / "home")}):
        assert [*(tmp_path / "home").glob("*.db")]


def test_it_is_closed_also_when_the_command_fails(database_url: str, monkeypatch: pytest.MonkeyPatch):
    closed: list[Database] = []
    close = Database.close
    monkeypatch.setattr(Database, "close", lambda self: (closed.append(self), close(self)))
    with pytest.raises(ZeroDivisionError), opened_database({"ARENA_DATABASE_URL": database_url}) as database:
        raise ZeroDivisionError
    assert database in closed


def test_wrong_settings_are_told_before_a_database_is_made(tmp_path: Path):
    environment = {"ARENA_HOME": str(tmp_path / "home"), "ARENA_MAX_TURNS": "none"}
    with pytest.raises(BadConfiguration, match="ARENA_MAX_TURNS"), opened_database(environment):
        pass
    assert not (tmp_path / "home").exists()
