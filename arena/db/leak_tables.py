"""The table of the leak meter."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from arena.db.table import Table


class LeakMeasurement(Table):
    """How well a contender was recognised before the vote in a month, through one channel (arena.leaks.recognition)."""

    __tablename__ = "leak_measurements"
    __table_args__ = (UniqueConstraint("month", "contender_id", "channel"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7))  # such as 2026-11, in UTC
    contender_id: Mapped[int] = mapped_column(ForeignKey("contenders.id"))
    channel: Mapped[str] = mapped_column(String(16))
    share: Mapped[float]
    lower: Mapped[float]
    upper: Mapped[float]
    replies: Mapped[int]
    others: Mapped[int]
    measured_at: Mapped[datetime]
