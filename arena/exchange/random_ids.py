"""Random ids: each export has its own names for battles and voters, so that two exports cannot be joined by them.

They are made with a secret of the export, which follows from the operator's key and the export's label. Who has the key
can find the battle or voter behind a name again; without a key nobody can.
"""

import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from random import Random

from arena.clock import now
from arena.db.session import Database
from arena.voters import queries

KEY_BYTES = 32
KEY_FILE = "export.key"
NUMBER_BITS = 62  # fits the signed 64 bits of all file formats


class RandomIds:
    """The names that one export has for battles and voters."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def of(cls, key: bytes, label: str) -> "RandomIds":
        """Return those of the export with this label."""
        return cls(hmac.digest(key, label.encode(), "sha256"))

    def battle(self, number: int) -> int:
        """Return the name of a battle, a whole number."""
        return int.from_bytes(self._digest("battle", number)[:8]) >> (64 - NUMBER_BITS)

    def voter(self, number: int) -> str:
        """Return the name of a voter."""
        return f"arena_user_{self._digest('voter', number).hex()[:16]}"

    def shuffled(self, numbers: Iterable[int]) -> list[int]:
        """Return numbers in an order of this export: the order in which battles began would join two files too."""
        order = sorted(numbers)
        Random(self._digest("order", 0)).shuffle(order)  # noqa: S311 - seeded with a secret
        return order

    def _digest(self, kind: str, number: int) -> bytes:
        return hmac.digest(self._secret, f"{kind}:{number}".encode(), "sha256")


def operator_key(home: Path) -> bytes:
    """Return the key in the arena's folder, by which names in exports can be traced; it is made when first needed."""
    path = home / KEY_FILE
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
    except FileExistsError:
        pass
    return path.read_bytes()


def new_label() -> str:
    """Return a label that no other export has."""
    return secrets.token_hex(8)


def ids_for(database: Database, what: str, *, key: bytes | None = None) -> RandomIds:
    """Return new random ids, and note the export with its label if the `key` allows to trace it."""
    if key is None:
        return RandomIds(secrets.token_bytes(KEY_BYTES))
    label = new_label()
    with database.writing() as session:
        queries.add_export(session, label=label, what=what, at=now())
    return RandomIds.of(key, label)


def traced(database: Database, key: bytes, name: str) -> str | None:
    """Return which battle or voter a name in an export means, or None."""
    with database.reading() as session:
        labels = queries.export_labels(session)
        battles, voters = queries.all_numbers(session)
    for ids in (RandomIds.of(key, label) for label in labels):
        for number in battles:
            if name == str(ids.battle(number)):
                return f"battle {number}"
        for number in voters:
            if name == ids.voter(number):
                return f"voter {number}"
    return None
