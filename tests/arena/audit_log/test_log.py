import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from arena.audit_log.acting import acting
from arena.audit_log.acts import Act
from arena.audit_log.chain import START
from arena.audit_log.log import AuditLog, Head, record
from arena.audit_log.verification import verify
from arena.db.audit_tables import AuditEntry
from arena.db.session import Database
from arena.db.states import ContenderStatus
from tests.arena.conftest import scripted
from tests.arena.finished_battles import stored

Enter = Callable[..., None]
OTHERS = ", ".join(column.name for column in AuditEntry.__table__.columns if column.name != "number")


def note(database: Database, *subjects: str) -> None:
    with database.writing() as session:
        for subject in subjects:
            record(session, Act.SNAPSHOT_TAKEN, subject, details={"votes": 3})


def test_an_act_is_recorded_with_who_what_when_and_from_where(database: Database):
    log = AuditLog(database)
    assert log.head() == Head(0, START)
    with acting("arena leaderboard snapshot", who="ann"):
        note(database, "tobikadu", "odd\0\udc80")
    last, first = log.newest(limit=9)
    assert (first.number, first.act, first.subject, first.who) == (1, "snapshot_taken", "tobikadu", "ann")
    assert (first.origin, json.loads(first.details)) == ("arena leaderboard snapshot", {"votes": 3})
    assert (first.previous, last.previous) == (START, first.sha256)
    assert log.head() == Head(2, last.sha256)
    assert [row.number for row in log.newest(limit=9, before=2)] == [1]


def test_an_act_that_fails_leaves_no_row(database: Database):
    with suppress(ZeroDivisionError), database.writing() as session:
        _ = record(session, Act.VOTES_EXPORTED).number / 0
    assert AuditLog(database).head().count == 0


def test_writers_that_race_make_one_chain(database: Database):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: note(database, f"{number}", f"{number} again"), range(24)))
    done = verify(database)
    assert (done.faults, done.head.count) == ((), 48)
    subjects = [row.subject for row in stored(database, AuditEntry)]
    assert subjects[1::2] == [f"{subject} again" for subject in subjects[::2]]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_log SET subject = 'another' WHERE number = 1",
        "UPDATE audit_log SET subject = 'another'",
        "DELETE FROM audit_log WHERE number = 2",
        f"INSERT INTO audit_log SELECT 1, {OTHERS} FROM audit_log WHERE number = 2",
        f"INSERT INTO audit_log SELECT 9, {OTHERS} FROM audit_log WHERE number = 2",
    ],
)
def test_the_database_lets_the_log_only_grow(database: Database, change: str):
    note(database, "one", "two")
    changes = [change]
    changes += [change.replace("INSERT", "INSERT OR REPLACE")] if database.is_sqlite else ["TRUNCATE audit_log"]
    for statement in changes:
        with pytest.raises(DatabaseError, match="audit log"), database.writing() as session:
            session.execute(text(statement))
    assert [row.subject for row in stored(database, AuditEntry)] == ["one", "two"]


def test_the_public_reads_no_person_and_no_contender_that_it_never_met(database: Database, enter: Enter):
    hidden = scripted("secret")
    hidden.status = ContenderStatus.CANDIDATE
    enter(hidden, scripted("known"))
    with acting("arena contenders sync", who="ann"), database.writing() as session:
        record(session, Act.CONTENDER_ADDED, "secret", details={"label": "The secret"})
        record(session, Act.CONTENDER_ADDED, "known", withheld={"options": {"url": "http://10.0.0.9"}})
        record(session, Act.SNAPSHOT_TAKEN, "somebody", public=False)
    log = AuditLog(database)
    assert [(row.is_shown, row.subject) for row in log.newest_public(limit=9)] == [
        (False, ""),
        (True, "known"),
        (False, ""),
    ]
    public = "".join(log.public_lines())
    assert not [word for word in ("ann", "secret", "10.0.0.9", "somebody") if f'"{word}' in public or word in public]
    with database.writing() as session:
        session.execute(text("UPDATE contenders SET status = 'active'"))
    assert log.newest_public(limit=1, before=2)[0].details == {"label": "The secret"}
