"""The table of the moderation desk."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from arena.db.table import Table, words


class DeskDecision(StrEnum):
    """What a person decided on a flag: the text is taken down, or the flag was wrong and the text stands."""

    TAKE_DOWN = "take_down"
    DISMISS = "dismiss"


class FlagDecision(Table):
    """A person's decision on a flag. Rows are only added; of several on one flag, the last holds."""

    __tablename__ = "flag_decisions"

    id: Mapped[int] = mapped_column(primary_key=True)
    flag_id: Mapped[int] = mapped_column(ForeignKey("flags.id"), index=True)
    at: Mapped[datetime]
    decision: Mapped[DeskDecision] = mapped_column(words(DeskDecision))
    reason: Mapped[str]
