from collections.abc import Callable
from pathlib import Path

import pytest

from arena.db.consent_tables import Permission
from arena.db.session import Database
from arena.db.states import VoterKey
from arena.db.tables import Vote
from arena.voters.consent import ConsentNotice, Consents
from arena.voters.permissions import Choices
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.finished_battles import stored
from tests.arena.recorded_votes import Ballot, record

Enter = Callable[..., None]
Arena = Callable[..., int]


@pytest.fixture
def voted(database: Database, enter: Enter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two votes of ann's; gives the code of the first."""
    monkeypatch.setenv("ARENA_HOME", str(tmp_path / "home"))
    enter(scripted("one"), scripted("two"))
    record(database, Ballot("one", "two", Verdict.A, voter="ann"), Ballot("one", "two", Verdict.B, voter="ann"))
    return stored(database, Permission)[0].code


def test_a_receipt_erases_its_battle(arena: Arena, database: Database, voted: str, capsys: pytest.CaptureFixture[str]):
    assert arena("privacy", "erase", voted.lower()) == 0
    assert "1 battles, 1 votes" in capsys.readouterr().out
    assert len(stored(database, Vote)) == 1
    assert arena("privacy", "erase", voted) == 1
    assert "no battle has this erasure code" in capsys.readouterr().err.lower()


def test_a_receipt_erases_everything_and_takes_the_votes_back(
    arena: Arena, database: Database, voted: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ARENA_ERASED_VOTES", "remove")
    assert arena("privacy", "erase", voted, "--everything") == 0
    assert "stay as counts" not in capsys.readouterr().out
    assert arena("db", "rebuild-tallies") == 0
    assert arena("leaderboard", "--json") == 0
    assert '"votes": 0' in capsys.readouterr().out


def test_retention_is_enforced_on_request(
    arena: Arena, voted: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ARENA_KEEP_TEXTS_DAYS", "0.001")
    assert arena("privacy", "retain") == 0
    assert "the texts of 2 battles" in capsys.readouterr().out
    assert arena("privacy", "retain") == 0
    assert "the texts of 0 battles" in capsys.readouterr().out


def test_names_in_an_export_are_traced(arena: Arena, voted: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert arena("votes", "export", "--format", "csv", "--out", str(tmp_path / "votes.csv")) == 0
    number, *_, judge = (tmp_path / "votes.csv").read_text().splitlines()[1].split(",")[:5]
    capsys.readouterr()
    assert arena("privacy", "trace", judge) == 0
    assert capsys.readouterr().out == "voter 1\n"
    assert arena("privacy", "trace", number) == 0
    assert capsys.readouterr().out.startswith("battle ")
    assert arena("privacy", "trace", "arena_user_0000") == 1


def test_consents_are_counted(arena: Arena, database: Database, voted: str, capsys: pytest.CaptureFixture[str]):
    assert arena("privacy", "status") == 0
    consents = Consents(database, ConsentNotice("A notice."))
    for voter in ("ann", "bob"):
        consents.choose(VoterKey(voter), Choices(battle=True, vote=True, text=voter == "bob"))
    version = ConsentNotice("A notice.").version
    capsys.readouterr()
    assert arena("privacy", "status") == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()[1:]] == [
        [version, "yes", "yes", "no", "1"],
        [version, "yes", "yes", "yes", "1"],
    ]
