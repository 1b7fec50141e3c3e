import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from arena.audit_log.log import AuditLog
from arena.db.session import Database
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import Ballot, record

PRICES = '[contender.prices]\ninput = 1\noutput = 2\nas_of = "2026-11-21"\nsource = "a page"\n'
Arena = Callable[..., int]
Enter = Callable[..., None]


def acts(database: Database) -> list[tuple[str, str, str]]:
    rows = AuditLog(database).newest(limit=100)
    return [(row.act, row.subject, row.origin) for row in reversed(rows)]


def test_every_act_by_a_command_is_recorded_with_the_command(
    arena: Arena, database: Database, enter: Enter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("ARENA_MAINTAINER", "ann")
    file = tmp_path / "contenders.toml"
    table = '[[contender]]\nslug = "new"\nlabel = "New"\nbackend = "scripted"\nlicence = "MIT"\nreply = "x"\n'
    file.write_text(table)
    assert arena("contenders", "sync", str(file)) == 0
    file.write_text(table.replace('"MIT"', '"Apache-2.0"') + PRICES)
    assert arena("contenders", "sync", str(file)) == 0
    assert arena("contenders", "activate", "new", "--unchecked", "--reason", "trust me") == 0
    enter(scripted("one"), scripted("two"))
    (battle, _) = record(database, Ballot("one", "two", Verdict.A), Ballot("two", "one", Verdict.A))
    assert arena("votes", "exclude", "--battle", str(battle), "--reason", "bought") == 0
    assert arena("votes", "restore", "--battle", str(battle), "--reason", "not bought") == 0
    assert arena("votes", "export", "--format", "csv", "--out", str(tmp_path / "votes.csv")) == 0
    assert arena("votes", "export", "--format", "preference", "--out", str(tmp_path / "pairs.jsonl")) == 0
    assert arena("votes", "import", str(tmp_path / "votes.csv"), "--series", "ours") == 0
    assert arena("leaderboard", "snapshot") == 0
    with database.writing() as session:
        session.execute(text("UPDATE totals SET count = 9"))
    assert arena("db", "rebuild-tallies") == 1
    with database.writing() as session:
        session.execute(text("DELETE FROM labels"))
    assert arena("db", "label-votes") == 0
    found = acts(database)
    assert [(act, origin) for act, _, origin in found] == [
        ("contender_added", "arena contenders sync"),
        ("price_changed", "arena contenders sync"),
        ("contender_changed", "arena contenders sync"),
        ("contender_status", "arena contenders activate"),
        ("votes_excluded", "arena votes exclude"),
        ("votes_restored", "arena votes restore"),
        ("votes_exported", "arena votes export"),
        ("votes_exported", "arena votes export"),
        ("series_imported", "arena votes import"),
        ("snapshot_taken", "arena leaderboard snapshot"),
        ("tallies_corrected", "arena db rebuild-tallies"),
        ("labels_changed", "arena db label-votes"),
    ]
    assert [subject for _, subject, _ in found[:4]] == ["new"] * 4
    assert {row.who for row in AuditLog(database).newest(limit=100)} == {"ann"}
    excluded = AuditLog(database).newest_public(limit=1, before=6)[0]
    assert excluded.details == {"reason": "bought", "votes": 1, "battles": 1, "voters": 0}


def test_the_log_is_shown_and_verified(
    arena: Arena, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert arena("audit-log", "show") == 0
    assert "Nothing was recorded yet." in capsys.readouterr().err
    assert arena("leaderboard", "snapshot") == 0
    capsys.readouterr()
    assert arena("audit-log", "show") == 0
    assert "arena leaderboard snapshot" in capsys.readouterr().out
    assert arena("audit-log", "show", "--json") == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert arena("audit-log", "verify", "--head", row["sha256"]) == 0
    assert f"1 rows, head {row['sha256']}" in capsys.readouterr().out
    assert arena("audit-log", "verify", "--head", "f" * 64) == 1
    assert "no row has the noted head" in capsys.readouterr().out.casefold()
    copy = tmp_path / "audit-log.jsonl"
    copy.write_text("".join(AuditLog(database).public_lines()))
    assert arena("audit-log", "verify", "--file", str(copy), "--head", row["sha256"]) == 0
    assert arena("audit-log", "verify", "--file", str(tmp_path / "missing")) == 2


def test_a_row_before_the_first_cannot_be_asked_for(arena: Arena, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        arena("audit-log", "show", "--limit", "0")
    assert "is no number of a row" in capsys.readouterr().err
