"""The chain: each row's hash covers its content and the hash of the row before it.

The hash does not cover the content itself but two salted hashes of it: one of what the public may see, one of the rest.
So whoever gets only the public part of the log, or of a row that is not public only the hashes, can still compute the
whole chain, and cannot guess what was left out.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import PurePath

from arena.db.audit_tables import AuditEntry

START = "0" * 64  # stands for the hash of the row before the first


@dataclass(frozen=True, slots=True)
class Link:
    """What the hash of a row covers."""

    number: int
    at: str
    act: str
    public: bool
    content_sha256: str
    withheld_sha256: str
    previous: str

    @property
    def sha256(self) -> str:
        """The hash of the row."""
        return _hash(asdict(self))


def link_of(row: AuditEntry) -> Link:
    """Return what the hash of `row` has to cover."""
    return Link(
        number=row.number,
        at=row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        act=row.act,
        public=row.public,
        content_sha256=content_sha256(row.salt, row.subject, row.origin, row.details),
        withheld_sha256=_hash([row.withheld_salt, row.who, row.withheld]),
        previous=row.previous,
    )


def content_sha256(salt: str, subject: str, origin: str, details: str) -> str:
    """Return the hash of what the public may see of a row; `details` are canonical JSON."""
    return _hash([salt, subject, origin, details])


@dataclass(slots=True)
class ChainReader:
    """Goes along a chain, row by row, and says what is wrong with each.

    Attributes:
        count: rows read so far.
        head: the hash of the last one.
    """

    count: int = 0
    head: str = START
    _number: int = 0

    def faults(self, link: Link, sha256: str) -> Iterator[str]:
        """Read the next row, which claims the hash `sha256`; yield what is wrong with it."""
        wanted = self._number + 1
        if link.number > wanted:
            missing = f"row {wanted} is" if link.number == wanted + 1 else f"rows {wanted} to {link.number - 1} are"
            yield f"{missing} missing"
        elif link.number < wanted:
            yield f"row {link.number} stands after row {self._number}"
        if link.sha256 != sha256:
            yield f"row {link.number} is not what was recorded: its hash is another"
        if link.previous != self.head:
            yield f"row {link.number} does not follow the row before it: one was changed, removed, inserted or moved"
        self.count, self.head, self._number = self.count + 1, sha256, link.number


def canonical(value: object) -> str:
    """Return `value` as JSON that is the same on every machine, byte for byte."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _hash(value: object) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def _plain(value: object) -> object:
    match value:
        case StrEnum() | PurePath():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat()
        case float() if not math.isfinite(value):
            return str(value)
        case str():
            return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case set() | frozenset():
            return sorted(map(_plain, value), key=str)
        case list() | tuple():
            return [*map(_plain, value)]
    return value
