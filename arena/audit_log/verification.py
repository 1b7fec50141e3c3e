"""Verification: goes through the whole log, or a public copy of it, and says which rows are not what was recorded.

Every edit, removal, insertion and move of a row breaks the chain. Two things do not: rows cut off at the end, and a
whole log that was computed anew. Both are found by a head that somebody noted elsewhere.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from arena.audit_log import queries
from arena.audit_log.chain import ChainReader, Link, content_sha256, link_of
from arena.audit_log.log import Head
from arena.db.session import Database
from arena.errors import BadConfiguration

MOST_FAULTS = 20  # named; further ones are counted


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome: the head that was read, the faults, and how many more there are."""

    head: Head
    faults: tuple[str, ...]
    more: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether every row is what was recorded."""
        return not self.faults


def verify(database: Database, *, noted: Iterable[str] = ()) -> Verification:
    """Verify the log of a database. The hashes in `noted` were its head at some time.

    Raises:
        DatabaseUnavailable: it cannot be read.
    """

    def claims() -> Iterator[_Claim]:
        with database.reading() as session:
            for rows in queries.batches(session):
                yield from (_Claim(link_of(row), row.sha256) for row in rows)

    return _verified(claims(), noted)


def verify_file(path: Path, *, noted: Iterable[str] = ()) -> Verification:
    """Verify a copy of the public log, as the page offers it.

    Raises:
        BadConfiguration: a line is no row of the log; names the first ones.
        OSError: the file cannot be read.
    """
    with path.open(encoding="utf-8", errors="replace") as lines:
        return _verified(_claims_of(path, lines), noted)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A row, the hash that it claims, and a fault that is seen without the chain."""

    link: Link
    sha256: str
    fault: str = ""


def _verified(claims: Iterable[_Claim], noted: Iterable[str]) -> Verification:
    reader, faults, more = ChainReader(), list[str](), 0
    unseen = {head.strip().casefold() for head in noted}
    for claim in claims:
        found = [*reader.faults(claim.link, claim.sha256), *filter(None, [claim.fault])]
        unseen.discard(claim.sha256)
        room = MOST_FAULTS - len(faults)
        faults += found[:room]
        more += len(found[room:])
    faults += [f"no row has the noted head {head}: rows were cut off or rewritten since" for head in sorted(unseen)]
    return Verification(Head(reader.count, reader.head), tuple(faults), more)


def _claims_of(path: Path, lines: Iterable[str]) -> Iterator[_Claim]:
    for place, line in enumerate(lines, start=1):
        try:
            values = json.loads(line)
            link = Link(**{name: values[name] for name in Link.__dataclass_fields__})
            sha256, shown = str(values["sha256"]), "details" in values
            content = [str(values[name]) for name in ("salt", "subject", "origin", "details")] if shown else []
        except (ValueError, LookupError, TypeError, RecursionError):
            raise BadConfiguration(
                f"{path}: line {place} is no row of an audit log.", hint="Download it again from the arena's log page."
            ) from None
        altered = shown and content_sha256(*content) != link.content_sha256
        yield _Claim(link, sha256, f"row {link.number} shows another content than was recorded" if altered else "")
