"""Database queries of operations. Each takes a session and returns rows or plain values; none commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import Session

from arena.db.finding_tables import CheckRequest, ServingProcess
from arena.db.states import ReplyStatus
from arena.db.tables import Reply


class ReplyTimes(NamedTuple):
    """The seconds of a reply that has begun: until its first text, until its end, and in the queue before."""

    status: ReplyStatus
    first_token_s: float
    duration_s: float | None
    queued_s: float | None


def reply_counts(session: Session, contender_id: int, *, since: datetime) -> Sequence[tuple[ReplyStatus, str, int]]:
    """Return (status, failure, number) of a contender's replies that were started after `since`."""
    query = select(Reply.status, Reply.failure, func.count()).where(*_recent(contender_id, since))
    return session.execute(query.group_by(Reply.status, Reply.failure)).all()


def reply_times(session: Session, contender_id: int, *, since: datetime) -> list[ReplyTimes]:
    """Return the times of a contender's replies that were started after `since` and said something."""
    columns = (Reply.status, Reply.first_token_s, Reply.duration_s, Reply.queued_s)
    query = select(*columns).where(*_recent(contender_id, since), Reply.first_token_s.is_not(None))
    return [ReplyTimes._make(row) for row in session.execute(query)]


def usd_of_replies(session: Session, contender_id: int, *, since: datetime) -> float:
    """Return what a contender's replies that were started after `since` cost, by those whose cost is known."""
    return session.scalar(select(func.sum(Reply.usd)).where(*_recent(contender_id, since))) or 0.0


def _recent(contender_id: int, since: datetime) -> tuple[ColumnElement[bool], ...]:
    return Reply.contender_id == contender_id, Reply.started_at > since


def serves_since(session: Session, moment: datetime) -> bool:
    """Return whether a serving process was seen after `moment`."""
    return session.scalar(select(ServingProcess.name).where(ServingProcess.seen_at > moment).limit(1)) is not None


def waiting_request(session: Session, *, since: datetime, for_change: bool = False) -> CheckRequest | None:
    """Return the oldest request for checks after `since` that no process has taken; `for_change` locks it."""
    query = select(CheckRequest).where(CheckRequest.taken_at.is_(None), CheckRequest.asked_at > since)
    query = query.order_by(CheckRequest.id).limit(1)
    return session.scalar(query.with_for_update(skip_locked=True) if for_change else query)


def last_failures(session: Session, contender_id: int, *, number: int) -> Sequence[Row[datetime, str, str]]:
    """Return (started_at, failure, failure_detail) of the latest failed replies of a contender, the newest first."""
    columns = (Reply.started_at, Reply.failure, Reply.failure_detail)
    query = select(*columns).where(Reply.contender_id == contender_id, Reply.status == ReplyStatus.FAILED)
    return session.execute(query.order_by(Reply.id.desc()).limit(number)).all()


def open_request(session: Session, slug: str) -> CheckRequest | None:
    """Return the latest request for a check of this contender that has not ended; None where there is none."""
    query = select(CheckRequest).where(CheckRequest.ended_at.is_(None)).order_by(CheckRequest.id.desc()).limit(50)
    return next((request for request in session.scalars(query) if slug in request.slugs), None)
