"""The log itself: acts are recorded at its end, in the transaction of the act, and read in two ways.

Maintainers read all of it. The public reads who-less rows, and of those that are not public only that there is one: a
contender that was never let into battles is nobody's business until it is.
"""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from arena.audit_log import queries
from arena.audit_log.acting import current_actor
from arena.audit_log.acts import ABOUT_CONTENDERS
from arena.audit_log.chain import START, canonical, link_of
from arena.clock import now
from arena.db.audit_tables import AuditEntry
from arena.db.session import Database, Session


@dataclass(frozen=True, slots=True)
class Head:
    """The last row of the log: how many rows there are, and its hash. Whoever notes both can tell a shorter log."""

    count: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PublicEntry:
    """What everybody may see of a row. Subject, origin and details are empty where the row is not public."""

    number: int
    at: datetime
    act: str
    is_shown: bool
    subject: str
    origin: str
    details: Mapping[str, Any]
    sha256: str


def record(
    session: Session,
    act: str,
    subject: str = "",
    *,
    details: Mapping[str, object] | None = None,
    withheld: Mapping[str, object] | None = None,
    public: bool = True,
) -> AuditEntry:
    """Add an act to the log, in the transaction of the act: both are committed, or neither.

    Others who record something wait until this transaction ends, so call it after whatever takes long or takes a lock.

    Args:
        session: of `Database.writing`.
        act: what was done, one of `Act`.
        subject: what it was done to: a slug, an id, a name.
        details: plain values that everybody may see. No secret, no address, nothing of a voter.
        withheld: plain values for maintainers only. They are hashed like the others.
        public: whether the public may ever see more than the kind of act and its time.
    """
    queries.lock(session)
    session.flush()
    last = queries.last_entry(session)
    actor = current_actor()
    row = AuditEntry(
        number=last.number + 1 if last else 1,
        at=now(),
        act=str(act),
        public=public,
        subject=_clean(subject),
        origin=_clean(actor.origin),
        details=canonical(details or {}),
        salt=secrets.token_hex(16),
        who=_clean(actor.who),
        withheld=canonical(withheld or {}),
        withheld_salt=secrets.token_hex(16),
        previous=last.sha256 if last else START,
    )
    row.sha256 = link_of(row).sha256
    session.add(row)
    session.flush()
    return row


class AuditLog:
    """The log of an arena. Returned rows are detached from the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self) -> Head:
        """Return how long the log is, and the hash of its last row."""
        with self._database.reading() as session:
            last = queries.last_entry(session)
        return Head(last.number, last.sha256) if last else Head(0, START)

    def newest(self, *, limit: int, before: int | None = None) -> Sequence[AuditEntry]:
        """Return up to `limit` rows with all that they hold, the newest first; with `before`, only earlier ones."""
        with self._database.reading() as session:
            return queries.newest_entries(session, before=before, limit=limit)

    def newest_public(self, *, limit: int, before: int | None = None) -> list[PublicEntry]:
        """Return up to `limit` rows as everybody may see them, the newest first; with `before`, only earlier ones."""
        with self._database.reading() as session:
            hidden = queries.candidate_slugs(session)
            return [_public(row, hidden) for row in queries.newest_entries(session, before=before, limit=limit)]

    def public_lines(self) -> Iterator[str]:
        """Yield the whole log as JSON lines, the oldest first, each with all that its hash needs."""
        with self._database.reading() as session:
            hidden = queries.candidate_slugs(session)
            for rows in queries.batches(session):
                for row in rows:
                    values: dict[str, object] = asdict(link_of(row)) | {"sha256": row.sha256}
                    if _is_shown(row, hidden):
                        shown = {"subject": row.subject, "origin": row.origin, "details": row.details}
                        values |= shown | {"salt": row.salt}
                    yield canonical(values) + "\n"


def _is_shown(row: AuditEntry, hidden: set[str]) -> bool:
    return row.public and not (row.act in ABOUT_CONTENDERS and row.subject in hidden)


def _public(row: AuditEntry, hidden: set[str]) -> PublicEntry:
    shown = _is_shown(row, hidden)
    return PublicEntry(
        number=row.number,
        at=row.at,
        act=row.act,
        is_shown=shown,
        subject=row.subject if shown else "",
        origin=row.origin if shown else "",
        details=json.loads(row.details) if shown else {},
        sha256=row.sha256,
    )


def _clean(text: str) -> str:
    """Return a text that both databases store as it is."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
