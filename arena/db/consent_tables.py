"""The tables of consent and erasure. `arena.voters` says what they are for; `docs/privacy.md` what each may hold."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from arena.db.table import Table
from leaderboard import Verdict


class StoredNotice(Table):
    """A text that voters were asked to agree to, word for word. `version` is made from the text."""

    __tablename__ = "notices"

    version: Mapped[str] = mapped_column(String(16), primary_key=True)
    text: Mapped[str]
    first_used_at: Mapped[datetime]


class Consent(Table):
    """What a voter agreed to at a moment. Rows are only added; the newest one holds."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(primary_key=True)
    voter_id: Mapped[int] = mapped_column(ForeignKey("voters.id"), index=True)
    at: Mapped[datetime]
    version: Mapped[str] = mapped_column(ForeignKey("notices.version"))
    battle: Mapped[bool]
    vote: Mapped[bool]
    text: Mapped[bool]


class Permission(Table):
    """What may be done with one battle: whether its vote may count, and whether its texts may leave the arena.

    It is what the voter agreed to when the battle began; withdrawals reduce it, and nothing extends it. `code` erases
    the battle. `version` is that of the notice, and empty where the arena asks nobody.
    """

    __tablename__ = "permissions"

    battle_id: Mapped[int] = mapped_column(ForeignKey("battles.id"), primary_key=True, autoincrement=False)
    version: Mapped[str] = mapped_column(String(16))
    vote: Mapped[bool]
    text: Mapped[bool]
    code: Mapped[str] = mapped_column(String(32), unique=True)


class Withdrawal(Table):
    """A battle of which less may be used than before. It names no voter; later releases count these rows.

    `battle` is the battle's number. It is no foreign key, because the row has to outlast an erasure. `what` is
    "erased", "vote", "text", or "expired", which is what the retention period does.
    """

    __tablename__ = "withdrawals"

    id: Mapped[int] = mapped_column(primary_key=True)
    battle: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)
    what: Mapped[str] = mapped_column(String(16))


class ErasedTally(Table):
    """The number of erased votes that still count, for each (day, left, right, verdict, slice). No more is kept."""

    __tablename__ = "erased_tallies"

    day: Mapped[date] = mapped_column(primary_key=True)
    left_id: Mapped[int] = mapped_column(ForeignKey("contenders.id"), primary_key=True)
    right_id: Mapped[int] = mapped_column(ForeignKey("contenders.id"), primary_key=True)
    verdict: Mapped[Verdict] = mapped_column(primary_key=True)
    slice_id: Mapped[int] = mapped_column(ForeignKey("slices.id"), primary_key=True)
    count: Mapped[int]


class ExportRecord(Table):
    """An export that left the arena. From `label` and the operator's key follow the random ids that it used."""

    __tablename__ = "exports"

    label: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime]
    what: Mapped[str] = mapped_column(String(64))
