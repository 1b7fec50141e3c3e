"""Database queries of moderation. Each takes a session and returns rows or plain values; none commits."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from arena.db.tables import Flag, Reply, Turn
from arena.moderation.moderation import ModerationOutcome

UNCHECKED = ModerationOutcome.UNCHECKED


def all_flags(session: Session) -> Sequence[Flag]:
    """Return all flags, the newest first."""
    return session.scalars(select(Flag).order_by(Flag.id.desc())).all()


def num_unchecked(session: Session) -> int:
    """Return how many prompts and replies could not be checked."""
    counts = (session.scalar(select(func.count()).where(table.moderation == UNCHECKED)) for table in (Turn, Reply))
    return sum(count or 0 for count in counts)


def unchecked_prompts(session: Session) -> Sequence[Turn]:
    """Return the turns whose prompt could not be checked."""
    return session.scalars(select(Turn).where(Turn.moderation == UNCHECKED)).all()


def unchecked_replies(session: Session) -> Sequence[Reply]:
    """Return the replies that could not be checked, each with its turn."""
    query = select(Reply).options(joinedload(Reply.turn)).where(Reply.moderation == UNCHECKED)
    return session.scalars(query).all()
