"""Somebody who owns the database takes its guards away first; what they do then is found all the same."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from arena.audit_log.acts import Act
from arena.audit_log.chain import START, link_of
from arena.audit_log.log import AuditLog, record
from arena.audit_log.verification import MOST_FAULTS, verify, verify_file
from arena.db.audit_tables import AuditEntry
from arena.db.session import Database
from arena.errors import BadConfiguration

COLUMNS = [column.name for column in AuditEntry.__table__.columns]


@pytest.fixture
def filled(database: Database) -> Database:
    with database.writing() as session:
        for number in range(1, 7):
            record(session, Act.VOTES_EXCLUDED, f"{number}", details={"votes": number}, withheld={"battles": [number]})
    return database


@pytest.fixture
def sql(filled: Database) -> Callable[..., None]:
    """Runs statements on a log without its guards."""
    triggers = ("only_grows", "refuse_update", "refuse_delete") if filled.is_sqlite else ("only_grows", "refuse_change")
    on = "" if filled.is_sqlite else " ON audit_log"

    def run(*statements: str) -> None:
        with filled.writing() as session:
            for trigger in triggers:
                session.execute(text(f"DROP TRIGGER IF EXISTS audit_log_{trigger}{on}"))
            for statement in statements:
                session.execute(text(statement))

    return run


def test_a_log_that_nobody_touched_is_sound(filled: Database):
    head = AuditLog(filled).head()
    done = verify(filled, noted=[head.sha256.upper()])
    assert (done.is_sound, done.head) == (True, head)


OTHER = {
    "number": "40",
    "at": "'2026-01-01 00:00:00.000000+00:00'",
    "act": "'votes_restored'",
    "public": "NOT public",
    "details": "'{}'",
    "withheld": "'{}'",
}


def test_an_edit_of_any_field_of_any_row_is_found(filled: Database, sql: Callable[..., None]):
    for column in COLUMNS:
        other = OTHER.get(column, repr("0" * 30))
        for row in (1, 3, 6):
            number = 40 if column == "number" else row
            sql(
                "CREATE TABLE kept AS SELECT * FROM audit_log",
                f"UPDATE audit_log SET {column} = {other} WHERE number = {row}",
            )
            faults = verify(filled).faults
            assert any(f"row {number} " in fault for fault in faults), (column, row, faults)
            sql("DELETE FROM audit_log", "INSERT INTO audit_log SELECT * FROM kept", "DROP TABLE kept")
    assert verify(filled).is_sound


@pytest.mark.parametrize(
    "statements",
    [
        ["DELETE FROM audit_log WHERE number = 1"],
        ["DELETE FROM audit_log WHERE number IN (3, 4)"],
        ["DELETE FROM audit_log WHERE number = 3", "UPDATE audit_log SET number = number - 1 WHERE number > 3"],
        [
            "UPDATE audit_log SET number = 99 WHERE number = 2",
            "UPDATE audit_log SET number = 2 WHERE number = 3",
            "UPDATE audit_log SET number = 3 WHERE number = 99",
        ],
        [
            "UPDATE audit_log SET number = -number WHERE number > 2",
            "UPDATE audit_log SET number = 1 - number WHERE number < 0",
            f"INSERT INTO audit_log SELECT 3, {', '.join(COLUMNS[1:])} FROM audit_log WHERE number = 2",
        ],
    ],
    ids=["the first removed", "two removed", "one removed and the gap closed", "two exchanged", "one inserted"],
)
def test_rows_that_are_removed_moved_or_inserted_are_found(
    filled: Database, sql: Callable[..., None], statements: list[str]
):
    sql(*statements)
    assert not verify(filled).is_sound


def test_rows_cut_off_at_the_end_are_found_by_a_head_noted_before(filled: Database, sql: Callable[..., None]):
    head = AuditLog(filled).head().sha256
    sql("DELETE FROM audit_log WHERE number > 4")
    assert verify(filled).is_sound
    assert head in verify(filled, noted=[head]).faults[0]
    sql("DELETE FROM audit_log")
    assert not verify(filled, noted=[head]).is_sound


def test_a_log_computed_anew_is_found_by_a_head_noted_before(filled: Database, sql: Callable[..., None]):
    early = AuditLog(filled).newest(limit=1, before=3)[0].sha256
    sql()
    with filled.writing() as session:
        previous = START
        for row in session.query(AuditEntry).order_by(AuditEntry.number):
            row.details, row.previous = '{"votes":0}', previous
            row.sha256 = previous = link_of(row).sha256
    assert verify(filled).is_sound
    assert not verify(filled, noted=[early]).is_sound


def test_of_very_many_faults_the_first_are_named_and_the_rest_counted(filled: Database, sql: Callable[..., None]):
    with filled.writing() as session:
        for _ in range(30):
            record(session, Act.VOTES_EXPORTED)
    sql("UPDATE audit_log SET salt = 'x'")
    done = verify(filled)
    assert (len(done.faults), done.more) == (MOST_FAULTS, 36 - MOST_FAULTS)


# A copy of the public log


def test_a_public_copy_verifies_without_the_database(filled: Database, tmp_path: Path):
    path = tmp_path / "audit-log.jsonl"
    path.write_text("".join(AuditLog(filled).public_lines()))
    head = AuditLog(filled).head()
    assert verify_file(path, noted=[head.sha256]).head == head
    assert verify_file(path).is_sound


@pytest.mark.parametrize("field", ["subject", "origin", "details", "salt", "act", "content_sha256", "sha256"])
def test_a_changed_copy_is_found(filled: Database, tmp_path: Path, field: str):
    lines = [json.loads(line) for line in AuditLog(filled).public_lines()]
    lines[2][field] = "0" * 64
    path = tmp_path / "audit-log.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    assert any("row 3 " in fault for fault in verify_file(path).faults)


@pytest.mark.parametrize("line", [b"", b"nonsense", b"[]", b"{}", b'{"number": 1}', b"\xed\xa0\x80"])
def test_a_file_that_is_no_log_is_a_sentence(tmp_path: Path, line: bytes):
    path = tmp_path / "log.jsonl"
    path.write_bytes(line + b"\n")
    with pytest.raises(BadConfiguration, match="line 1"):
        verify_file(path)
