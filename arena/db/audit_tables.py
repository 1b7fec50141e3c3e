"""The table of the audit log."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from arena.db.table import Table


class AuditEntry(Table):
    """An act that bears on what readers see, chained to the act before it. The database refuses to change a row.

    `details` and `withheld` are canonical JSON, exactly as they were hashed (arena.audit_log.chain). What a reader of
    the log may see is `subject`, `origin` and `details`; `who` and `withheld` stay with the maintainers.
    """

    __tablename__ = "audit_log"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # from 1, without gaps
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(32))
    public: Mapped[bool]
    subject: Mapped[str]  # a slug, an id or a name: what the act is about
    origin: Mapped[str]  # the command or page
    details: Mapped[str] = mapped_column(Text)
    salt: Mapped[str] = mapped_column(String(32))
    who: Mapped[str]
    withheld: Mapped[str] = mapped_column(Text)
    withheld_salt: Mapped[str] = mapped_column(String(32))
    previous: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
