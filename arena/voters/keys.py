"""The secret keys that sign cookies and proofs, and that hash networks. They are rows, so all processes share them.

A key that is destroyed is overwritten. In a SQLite file the old bytes are overwritten too, and the log beside it is
emptied, so that no look into the file brings the key back.
"""

import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from arena.clock import now
from arena.db.session import Database
from arena.db.voter_tables import KeyUse, SecretKey
from arena.voters import queries

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Key:
    """A secret key. `number` is its row's id."""

    number: int
    use: KeyUse
    day: date
    secret: bytes

    def __repr__(self) -> str:
        return f"Key(number={self.number}, use={self.use.value!r}, day={self.day})"  # never the secret


class Keys:
    """All keys that are not destroyed, read once and kept in memory. Safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[int, Key] = {}
        self._lock = threading.Lock()

    def find(self, use: KeyUse, number: int) -> Key | None:
        """Return a key by its number, or None. Looks into memory only."""
        key = self._known.get(number)
        return key if key and key.use is use else None

    def known(self, use: KeyUse, day: date | None = None) -> Key | None:
        """Return the key of a day, or the newest, or None. Looks into memory only."""
        keys = [key for key in [*self._known.values()] if key.use is use and day in {None, key.day}]
        return max(keys, key=lambda key: key.day, default=None)

    def of_day(self, use: KeyUse, day: date) -> Key:
        """Return the key of a day; make it if there is none. Must not be called while writing to the database.

        Raises:
            DatabaseUnavailable: it can be neither read nor made.
        """
        return self.known(use, day) or self._made(use, day)

    def newest(self, use: KeyUse) -> Key:
        """Return the newest key; make the first. Must not be called while writing to the database.

        Raises:
            DatabaseUnavailable: it can be neither read nor made.
        """
        if self.known(use) is None:
            self.refresh()
        return self.known(use) or self._made(use, now().date())

    def refresh(self) -> None:
        """Read the keys again: another process may have made or destroyed some.

        Raises:
            DatabaseUnavailable: they cannot be read.
        """
        with self._database.reading() as session:
            rows = queries.living_keys(session)
        self._keep(rows)

    def replace(self, use: KeyUse, day: date) -> Key:
        """Make a new key for a day. One that the day had is destroyed by it."""
        with self._database.writing() as session:
            queries.set_key(session, use, day, secrets.token_hex(KEY_BYTES))
        self.refresh()
        return self.of_day(use, day)

    def destroy(self, use: KeyUse, *, before: date) -> int:
        """Destroy the keys of all days before `before`; return how many were destroyed now."""
        with self._database.writing() as session:
            destroyed = queries.destroy_keys(session, use, before=before, at=now())
        if destroyed:
            self._database.wipe_freed()
            self.refresh()
        return destroyed

    def _made(self, use: KeyUse, day: date) -> Key:
        with self._lock:
            if key := self.known(use, day):
                return key
            with self._database.writing() as session:
                queries.add_key(session, use, day, secrets.token_hex(KEY_BYTES))
                rows = queries.living_keys(session)
            self._keep(rows)
        key = self.known(use, day)
        assert key, "the key of a day that is over was destroyed"
        return key

    def _keep(self, rows: Iterable[SecretKey]) -> None:
        self._known = {row.id: Key(row.id, KeyUse(row.use), row.day, bytes.fromhex(row.secret)) for row in rows}
