"""Tables about voters as identities: secret keys, what was counted against quotas, and used proofs of work.

No row holds a network address. What stands for one is a hash under a key of the day, and the key is destroyed after a
month (`arena.voters.networks`); from then on nobody can tell which address a hash stood for.
"""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from arena.db.table import Table


class KeyUse(StrEnum):
    """What a secret key is for."""

    COOKIE = "cookie"  # signs the cookies of voters
    NETWORK = "network"  # hashes the networks of one day
    PROOF = "proof"  # signs challenges of the proof of work


class SecretKey(Table):
    """A random key. One that is destroyed keeps its row, with `secret` empty, so that anybody can see that it is gone.

    `day` is the day (UTC) for which the key was made.
    """

    __tablename__ = "secret_keys"
    __table_args__ = (UniqueConstraint("use", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    use: Mapped[str] = mapped_column(String(16))  # a KeyUse
    day: Mapped[date]
    secret: Mapped[str] = mapped_column(String(64))  # 32 bytes in hex
    destroyed_at: Mapped[datetime | None]


class QuotaCount(Table):
    """How often something happened in one hour or day, and how often it was refused or held because of that.

    `quota` names what is counted, for whom and for how long, such as `vote-voter-hour` (`arena.voters.quotas`).
    `subject` is the voter's key, the network's hash, or the prompt's hash.
    """

    __tablename__ = "quota_counts"

    quota: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    begins_at: Mapped[datetime] = mapped_column(primary_key=True, index=True)
    count: Mapped[int]
    reached: Mapped[int] = mapped_column(default=0, server_default="0")


class UsedProof(Table):
    """A proof of work that was accepted, or could not be checked (`checked`). It opens one battle, at `spent_at`.

    It is not accepted a second time. The row goes when the challenge has expired.
    """

    __tablename__ = "used_proofs"

    challenge: Mapped[str] = mapped_column(String(64), primary_key=True)
    voter_key: Mapped[str] = mapped_column(String(64), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    checked: Mapped[str] = mapped_column(String(16))  # a Checked
    spent_at: Mapped[datetime | None]
