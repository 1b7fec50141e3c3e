"""Database queries of the audit log. Each takes a session and returns rows; none commits."""

from collections.abc import Iterator, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from arena.db.audit_tables import AuditEntry
from arena.db.states import ContenderStatus
from arena.db.tables import Contender

WRITING_LOCK = 7_421_010  # any number, the same in every arena process
BATCH = 1000  # rows in memory at a time


def lock(session: Session) -> None:
    """Let others who record an act wait until this session's transaction ends."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        session.execute(select(func.pg_advisory_xact_lock(WRITING_LOCK)))


def last_entry(session: Session, *, act: str = "") -> AuditEntry | None:
    """Return the last row, or the last one of an act; None where there is none."""
    query = select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)
    return session.scalar(query.where(AuditEntry.act == act) if act else query)


def newest_entries(session: Session, *, before: int | None, limit: int) -> Sequence[AuditEntry]:
    """Return up to `limit` rows, the newest first; with `before`, of those with smaller numbers."""
    query = select(AuditEntry).order_by(AuditEntry.number.desc()).limit(limit)
    return session.scalars(query if before is None else query.where(AuditEntry.number < before)).all()


def batches(session: Session) -> Iterator[Sequence[AuditEntry]]:
    """Yield all rows in the order of their numbers. The session drops a batch when the next one is requested."""
    last: int | None = None
    while True:
        query = select(AuditEntry).order_by(AuditEntry.number).limit(BATCH)
        rows = session.scalars(query if last is None else query.where(AuditEntry.number > last)).all()
        if not rows:
            return
        last = rows[-1].number
        yield rows
        session.expunge_all()


def candidate_slugs(session: Session) -> set[str]:
    """Return the contenders that nobody was ever shown."""
    return set(session.scalars(select(Contender.slug).where(Contender.status == ContenderStatus.CANDIDATE)))
