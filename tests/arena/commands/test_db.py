"""`arena db`: the database is created and upgraded on request, and says where it stands."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from arena.cli import main
from arena.db.migrate import newest_revision
from arena.db.session import Database
from leaderboard import Verdict
from tests.arena.conftest import Enter, scripted
from tests.arena.recorded_votes import Ballot, record
from tests.arena.votes.test_labels import count, unlabel

NEWEST = newest_revision()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARENA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_status_of_a_database_that_is_not_there_makes_none(home: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["db", "status"]) == 1
    assert f"at revision none, this program needs {NEWEST}" in capsys.readouterr().out
    assert not home.exists()


def test_upgrade_makes_the_embedded_database_and_has_nothing_to_do_a_second_time(
    home: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["db", "upgrade"]) == 0
    assert f"was upgraded from nothing; now at revision {NEWEST}" in capsys.readouterr().out
    assert main(["db", "upgrade"]) == 0
    assert "was up to date already" in capsys.readouterr().out
    assert main(["db", "status"]) == 0
    assert f"up to date, at revision {NEWEST}" in capsys.readouterr().out


def test_a_database_by_url_is_told_without_its_password(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("ARENA_DATABASE_URL", database_url.replace("://postgres:@", "://postgres:canary@"))
    assert main(["db", "status"]) == 0
    assert "canary" not in capsys.readouterr().out


def test_a_database_of_a_newer_program_is_refused(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("ARENA_DATABASE_URL", database_url)
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert main(["db", "upgrade"]) == 1
    assert "a newer one made it" in capsys.readouterr().err


def test_an_action_must_be_named(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match="2"):
        main(["db"])
    assert "action" in capsys.readouterr().err


def test_rebuilding_tallies_says_what_differed(
    arena: Callable[..., int], database: Database, enter: Enter, capsys: pytest.CaptureFixture[str]
):
    enter(scripted("one"), scripted("two"))
    record(database, *[Ballot("one", "two", Verdict.A)] * 2)
    assert arena("db", "rebuild-tallies") == 0
    assert "agree" in capsys.readouterr().out
    with database.writing() as session:
        session.execute(text("UPDATE tallies SET count = 9 WHERE verdict = 'a'"))
    assert arena("db", "rebuild-tallies") == 1
    shown = capsys.readouterr().out
    assert "2026-11-01  one     two     a        2      9      2" in shown
    assert "1 tallies differed and were corrected." in shown
    assert arena("db", "rebuild-tallies") == 0


def test_votes_are_labelled_where_the_rules_of_today_differ(
    arena: Callable[..., int], database: Database, enter: Enter, capsys: pytest.CaptureFixture[str]
):
    enter(scripted("one"), scripted("two"))
    record(database, Ballot("one", "two", Verdict.A, prompts=("Solve 1 + 1",)))
    unlabel(database)
    assert arena("db", "label-votes") == 0
    assert "1 vote was labelled anew" in capsys.readouterr().out
    assert arena("db", "label-votes") == 0
    assert "No vote needed another label" in capsys.readouterr().out
    assert count(database, category="maths") == 1
