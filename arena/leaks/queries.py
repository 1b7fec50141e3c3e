"""Database queries of the leak meter. Each takes a session and returns rows; none commits."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Row, delete, func, select
from sqlalchemy.orm import Session

from arena.db.leak_tables import LeakMeasurement
from arena.db.states import ContenderStatus, ReplyStatus
from arena.db.tables import Contender, Reply, Turn


def replies_between(
    session: Session, begin: datetime, end: datetime
) -> Iterator[Row[str, str, str, float | None, float | None, int]]:
    """Yield (slug, prompt, text, first_token_s, duration_s, num_pieces) of what voters saw from `begin` on.

    It ends before `end`. These are finished first answers, also of battles without a vote, that do not name their
    writer: those are not blind anyway. They come in no order that depends on who wrote them.
    """
    columns = (Contender.slug, Turn.prompt, Reply.text, Reply.first_token_s, Reply.duration_s, Reply.num_pieces)
    query = (
        select(*columns)
        .join(Turn, Turn.id == Reply.turn_id)
        .join(Contender, Contender.id == Reply.contender_id)
        .where(
            Reply.status == ReplyStatus.FINISHED,
            Reply.names_itself.is_(False),
            Reply.attempt == 1,
            Turn.position == 1,
            Reply.started_at >= begin,
            Reply.started_at < end,
        )
        .order_by(Reply.id)
    )
    yield from session.execute(query.execution_options(yield_per=500))


def store_measurements(session: Session, month: str, rows: Sequence[LeakMeasurement]) -> None:
    """Replace a month's figures."""
    session.execute(delete(LeakMeasurement).where(LeakMeasurement.month == month))
    session.add_all(rows)


def has_measurements(session: Session, month: str) -> bool:
    """Return whether a month was measured."""
    return bool(session.scalar(select(func.count()).where(LeakMeasurement.month == month)))


def measurements(session: Session, *, months: int) -> Sequence[Row[LeakMeasurement, str, str]]:
    """Return (measurement, slug, label) of the newest measured months, the newest first, of contenders in the open."""
    newest = select(LeakMeasurement.month).distinct().order_by(LeakMeasurement.month.desc()).limit(months)
    query = (
        select(LeakMeasurement, Contender.slug, Contender.label)
        .join(Contender, Contender.id == LeakMeasurement.contender_id)
        .where(LeakMeasurement.month.in_(newest.scalar_subquery()), Contender.status != ContenderStatus.CANDIDATE)
        .order_by(LeakMeasurement.month.desc(), Contender.label, Contender.slug)
    )
    return session.execute(query).all()
