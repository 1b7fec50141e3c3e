"""Database queries of battles. Each takes a session and returns rows or plain values; none commits."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from arena.db.states import ContenderStatus, ReplyStatus
from arena.db.tables import Contender, Reply, Spending


def forget_rests(session: Session, contender_id: int) -> None:
    """Reset a contender's count of rests to zero and suspect it no more, unless it rests now."""
    known = or_(Contender.cooldowns > 0, Contender.suspected_at.is_not(None))
    well = (Contender.id == contender_id, known, Contender.cooling_until.is_(None))
    session.connection().execute(update(Contender).where(*well).values(cooldowns=0, suspected_at=None))


def last_ends(session: Session, contender_id: int, *, number: int) -> Sequence[tuple[ReplyStatus, str, datetime]]:
    """Return (status, failure, started at) of a contender's newest replies that finished or failed."""
    ended = (Reply.contender_id == contender_id, Reply.status.in_([ReplyStatus.FINISHED, ReplyStatus.FAILED]))
    query = select(Reply.status, Reply.failure, Reply.started_at).where(*ended)
    return session.execute(query.order_by(Reply.id.desc()).limit(number)).all()


def rested(session: Session, moment: datetime) -> Sequence[Contender]:
    """Return the active contenders whose rest is over at `moment`."""
    over = (Contender.cooling_until <= moment, Contender.status == ContenderStatus.ACTIVE)
    return session.scalars(select(Contender).where(*over)).all()


def suspected(session: Session) -> Sequence[Contender]:
    """Return the active contenders that are suspected to be ill, and do not rest."""
    these = (Contender.suspected_at.is_not(None), Contender.cooling_until.is_(None))
    return session.scalars(select(Contender).where(*these, Contender.status == ContenderStatus.ACTIVE)).all()


def spend_within(session: Session, *, day: date, account: str, usd: float, limit: float) -> bool:
    """Add `usd` to the spending of an account on a day, unless that exceeds `limit`; return whether it was added."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = dialect.insert(Spending).values(day=day, account=account, usd=usd)
    sum_ = Spending.usd + insert.excluded.usd
    statement = insert.on_conflict_do_update(
        index_elements=["day", "account"], set_={"usd": sum_}, where=sum_ <= limit
    ).returning(Spending.usd)
    return session.connection().execute(statement).first() is not None


def correct_spending(session: Session, *, day: date, account: str, usd: float) -> None:
    """Add `usd`, which may be negative, to the spending of an account on a day, whatever its limit."""
    this = (Spending.day == day, Spending.account == account)
    session.connection().execute(update(Spending).where(*this).values(usd=Spending.usd + usd))
