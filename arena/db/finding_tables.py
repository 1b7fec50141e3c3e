"""Tables of what is found out about endpoints: findings of each version, and checks that a server is asked for."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from arena.db.table import Table


class EndpointFindings(Table):
    """What the last check that was answered found out about the endpoint of one version of a contender.

    `learned` is what its backend is opened with (generation/backends/learned.py), `facts` are what people read
    (arena/contenders/endpoint_facts.py). They hold for the version that `fingerprint` identifies.
    """

    __tablename__ = "endpoint_findings"

    contender_id: Mapped[int] = mapped_column(ForeignKey("contenders.id"), primary_key=True, autoincrement=False)
    fingerprint: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    learned: Mapped[dict[str, Any]]
    facts: Mapped[dict[str, Any]]


class ServingProcess(Table):
    """A process that serves the arena now. It shows that it lives by `seen_at`, and answers requests for checks."""

    __tablename__ = "serving_processes"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[datetime]


class CheckRequest(Table):
    """Checks that somebody wants a serving process to make, since only there are replies made.

    `reports` has an entry for each contender that is done (arena/contenders/check.py, `CheckReport`).
    """

    __tablename__ = "check_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    slugs: Mapped[list[Any]]
    activates: Mapped[bool]
    taken_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reports: Mapped[list[Any]] = mapped_column(default=list)
