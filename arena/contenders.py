"""Contenders: register, describe anew, and move from candidate to active, paused and retired.

A contender is never deleted: its battles and votes stay, and so must its name.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from arena.contender_entry import ContenderEntry, alike
from arena.contender_status import ContenderStatus
from arena.db.session import Database
from arena.db.tables import Contender
from arena.errors import BadConfiguration, UnknownContender, WrongStatus

MAY_BECOME = {
    ContenderStatus.CANDIDATE: {ContenderStatus.ACTIVE, ContenderStatus.RETIRED},
    ContenderStatus.ACTIVE: {ContenderStatus.PAUSED, ContenderStatus.RETIRED},
    ContenderStatus.PAUSED: {ContenderStatus.ACTIVE, ContenderStatus.RETIRED},
    ContenderStatus.RETIRED: set[ContenderStatus](),
}


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did, by slug. `absent` ones are in the database only; they were left alone."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    absent: tuple[str, ...]


class Contenders:
    """The contenders of an arena. Rows that come back are detached: they do not follow later changes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> tuple[Contender, ...]:
        """Return all contenders, the oldest first."""
        with self._database.reading() as session:
            return _rows(session)

    def active(self) -> tuple[Contender, ...]:
        """Return the contenders that may be drawn, the oldest first."""
        return tuple(row for row in self.list() if row.status is ContenderStatus.ACTIVE)

    def named(self, slugs: Iterable[str]) -> tuple[Contender, ...]:
        """Return the contenders with these slugs, each once, in the order asked for.

        Raises:
            UnknownContender: no contender has one of these slugs; names all of them.
        """
        return _named(self.list(), slugs)

    def sync(self, entries: Sequence[ContenderEntry]) -> SyncReport:
        """Add and describe anew what `entries` name. Status stays as it is; nothing is deleted.

        Raises:
            BadConfiguration: a label reads like another contender's.
        """
        with self._changing() as session:
            rows = {row.slug: row for row in _rows(session)}
            _refuse_look_alikes(rows.values(), entries)
            added = tuple(entry.slug for entry in entries if entry.slug not in rows)
            changed = tuple(
                entry.slug for entry in entries if entry.slug in rows and _describe(rows[entry.slug], entry)
            )
            session.add_all(_new_row(entry) for entry in entries if entry.slug in added)
        named = {entry.slug for entry in entries}
        return SyncReport(
            added=added,
            changed=changed,
            unchanged=tuple(slug for slug in rows if slug in named and slug not in changed),
            absent=tuple(slug for slug in rows if slug not in named),
        )

    def add(self, entry: ContenderEntry) -> Contender:
        """Register one contender as a candidate.

        Raises:
            BadConfiguration: its slug is taken, or its label reads like another contender's.
        """
        with self._changing() as session:
            rows = _rows(session)
            if any(row.slug == entry.slug for row in rows):
                raise BadConfiguration(f"There is a contender `{entry.slug}` already.", hint="Choose another slug.")
            _refuse_look_alikes(rows, [entry])
            session.add(row := _new_row(entry))
        return row

    def activate(self, slug: str, reason: str) -> Contender:
        """Let a contender be drawn. Callers check it first (arena.contender_check).

        Raises:
            UnknownContender: no contender has this slug.
            WrongStatus: it is retired.
        """
        return self._move(slug, ContenderStatus.ACTIVE, reason)

    def pause(self, slug: str, reason: str) -> Contender:
        """Stop drawing an active contender for now.

        Raises:
            UnknownContender: no contender has this slug.
            WrongStatus: it is not active.
        """
        return self._move(slug, ContenderStatus.PAUSED, reason)

    def retire(self, slug: str, reason: str) -> Contender:
        """Stop drawing a contender for good; its battles and rating stay.

        Raises:
            UnknownContender: no contender has this slug.
        """
        return self._move(slug, ContenderStatus.RETIRED, reason)

    def locate(self, slugs: Iterable[str], url: str) -> None:
        """Note the address at which contenders are being served from their folders.

        Raises:
            UnknownContender: no contender has one of these slugs.
        """
        with self._changing() as session:
            for row in _named(_rows(session), slugs):
                row.options = {**row.options, "url": url}

    def _move(self, slug: str, status: ContenderStatus, reason: str) -> Contender:
        with self._changing() as session:
            (row,) = _named(_rows(session), [slug])
            if row.status is status:
                return row
            if status not in MAY_BECOME[row.status]:
                raise WrongStatus(
                    f"`{slug}` is {row.status}, so it cannot become {status}.",
                    hint="Register it again under another slug." if row.status is ContenderStatus.RETIRED else None,
                )
            row.status, row.status_reason, row.status_at = status, reason, datetime.now(UTC)
        return row

    @contextmanager
    def _changing(self) -> Iterator[Session]:
        with self._database.writing() as session:
            if not self._database.is_sqlite:
                # Two arenas that start on one new database must not both register the same contenders.
                session.execute(text("LOCK TABLE contenders IN SHARE ROW EXCLUSIVE MODE"))
            yield session


def _rows(session: Session) -> tuple[Contender, ...]:
    return tuple(session.scalars(select(Contender).order_by(Contender.id)))


def _named(rows: Iterable[Contender], slugs: Iterable[str]) -> tuple[Contender, ...]:
    by_slug = {row.slug: row for row in rows}
    wanted = dict.fromkeys(slugs)
    if unknown := [slug for slug in wanted if slug not in by_slug]:
        raise UnknownContender(
            "No contender is called " + " or ".join(f"`{slug}`" for slug in unknown) + ".",
            hint="`arena contenders list` shows them all.",
        )
    return tuple(by_slug[slug] for slug in wanted)


def _new_row(entry: ContenderEntry) -> Contender:
    now = datetime.now(UTC)
    return Contender(**asdict(entry), status=ContenderStatus.CANDIDATE, status_reason="", status_at=now, created_at=now)


def _describe(row: Contender, entry: ContenderEntry) -> bool:
    """Bring the row to the entry's words; return whether any differed."""
    wanted = asdict(entry) | {"options": _located(entry.options, row)}
    different = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    for name, value in different.items():
        setattr(row, name, value)
    return bool(different)


def _located(options: Mapping[str, Any], row: Contender) -> dict[str, Any]:
    """Keep the address at which a folder was served last, where the entry gives none."""
    known = {"url": row.options["url"]} if "folder" in options and "url" in row.options else {}
    return {**(known if "urls" not in options else {}), **options}


def _refuse_look_alikes(rows: Iterable[Contender], entries: Sequence[ContenderEntry]) -> None:
    """Compare labels as they will be. The entries among each other are the file's business."""
    kept = {alike(row.label): row.slug for row in rows if row.slug not in {entry.slug for entry in entries}}
    faults = [
        f"`{entry.slug}`: its label reads like that of `{kept[alike(entry.label)]}`"
        for entry in entries
        if alike(entry.label) in kept
    ]
    if faults:
        raise BadConfiguration("Voters could not tell these contenders apart:", faults, hint="Choose other labels.")
