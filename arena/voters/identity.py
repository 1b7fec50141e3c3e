"""Identity: a cookie that only this arena can make, so that no visitor chooses who to be.

A cookie is `RANDOM.KEY.SIGNATURE`: 128 random bits that are the identity, the number of the key, and the first 128 bits
of an HMAC-SHA256 over both. A new key signs from time to time; the older ones are still believed for as long as a
browser keeps a cookie, and their cookies are signed anew at the next visit. What the database knows of an identity is a
hash of it (`VoterKey`).
"""

import asyncio
import hashlib
import hmac
import re
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from arena.db.states import Checked, VoterKey
from arena.db.voter_tables import KeyUse
from arena.errors import DatabaseUnavailable
from arena.voters.keys import Key, Keys

TOKEN = re.compile(r"([A-Za-z0-9_-]{22})\.([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{22})")
IDENTITY_BYTES = SIGNATURE_BYTES = 16
LIFETIME = timedelta(days=365)  # of a cookie in a browser
ROTATE_AFTER = timedelta(days=30)
LOOK_AGAIN_S = 5.0  # for keys that another process made; made-up numbers of keys must not cost a query each


@dataclass(frozen=True, slots=True)
class Identity:
    """What a cookie says.

    Attributes:
        checked: passed if this arena signed it, failed if not. Unchecked if the keys cannot be read.
        fresh: the same identity signed by the newest key, where an older one has signed it; else empty.
    """

    checked: Checked
    fresh: str = ""


class Identities:
    """Makes and checks cookies."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._looked_at = -LOOK_AGAIN_S

    async def read(self, token: str) -> Identity:
        """Return what a cookie says. Never raises."""
        parts = TOKEN.fullmatch(token)
        if not parts:
            return Identity(Checked.FAILED)
        random, number, signature = parts.groups()
        key = self._keys.find(KeyUse.COOKIE, int(number))
        if key is None and time.monotonic() - self._looked_at >= LOOK_AGAIN_S:
            try:
                await asyncio.to_thread(self._keys.refresh)
            except DatabaseUnavailable:
                return Identity(Checked.UNCHECKED)
            self._looked_at = time.monotonic()
            key = self._keys.find(KeyUse.COOKIE, int(number))
        if key is None or not hmac.compare_digest(signature, _signature(random, key)):
            return Identity(Checked.FAILED)
        newest = self._keys.known(KeyUse.COOKIE) or key
        return Identity(Checked.PASSED, fresh="" if newest is key else signed(random, newest))

    async def new(self) -> str:
        """Return a cookie for a new identity.

        Raises:
            DatabaseUnavailable: there is no key, and none can be made.
        """
        key = self._keys.known(KeyUse.COOKIE)
        if key is None:
            key = await asyncio.to_thread(self._keys.newest, KeyUse.COOKIE)
        return signed(secrets.token_urlsafe(IDENTITY_BYTES), key)

    def rotate(self, moment: datetime, *, refuse_older: bool = False) -> Key:
        """Sign new cookies by a new key, and destroy those that no living cookie can need. Returns the new key.

        With `refuse_older`, all keys so far are destroyed: every visitor becomes a new voter.
        """
        key = self._keys.replace(KeyUse.COOKIE, moment.date())
        oldest = moment if refuse_older else moment - LIFETIME - ROTATE_AFTER
        self._keys.destroy(KeyUse.COOKIE, before=oldest.date())
        return key

    def rotate_if_due(self, moment: datetime) -> None:
        """Rotate if the newest key has signed for `ROTATE_AFTER`."""
        if self._keys.newest(KeyUse.COOKIE).day <= (moment - ROTATE_AFTER).date():
            self.rotate(moment)


def signed(random: str, key: Key) -> str:
    """Return the cookie of an identity, signed by `key`."""
    return f"{random}.{key.number}.{_signature(random, key)}"


def voter_key_of(token: str) -> VoterKey | None:
    """Return the voter of a cookie whose signature was checked: the SHA-256 of its random part, in hex.

    None where it does not even look like a cookie of ours.
    """
    parts = TOKEN.fullmatch(token)
    return VoterKey(hashlib.sha256(parts[1].encode()).hexdigest()) if parts else None


def _signature(random: str, key: Key) -> str:
    digest = hmac.digest(key.secret, f"{random}.{key.number}".encode(), "sha256")[:SIGNATURE_BYTES]
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
