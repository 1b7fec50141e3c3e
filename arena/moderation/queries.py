"""Database queries of moderation. Each takes a session and returns rows or plain values; none commits."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, ScalarSelect, func, select
from sqlalchemy.orm import Session, joinedload

from arena.db.moderation_tables import DeskDecision, FlagDecision
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


def has_report(session: Session, reply_id: int, *, moderator: str) -> bool:
    """Return whether a reply has a flag of this moderator already."""
    return bool(session.scalar(select(func.count()).where(Flag.reply_id == reply_id, Flag.moderator == moderator)))


def num_reports(session: Session, voter_id: int, *, moderator: str, since: datetime) -> int:
    """Return how many flags of this moderator a voter has caused since a moment."""
    chosen = (Flag.voter_id == voter_id, Flag.moderator == moderator, Flag.at >= since)
    return session.scalar(select(func.count()).where(*chosen)) or 0


def flags_with_decisions(
    session: Session, *, decided: bool | None, limit: int
) -> Sequence[Row[Flag, FlagDecision | None]]:
    """Return (flag, its last decision or None), the newest flag first; with `decided`, only such or only others."""
    query = select(Flag, FlagDecision).outerjoin(FlagDecision, FlagDecision.id == _last_decision())
    if decided is not None:
        query = query.where(FlagDecision.id.is_not(None) if decided else FlagDecision.id.is_(None))
    return session.execute(query.order_by(Flag.id.desc()).limit(limit)).all()


def num_waiting(session: Session) -> int:
    """Return how many flags have no decision."""
    return session.scalar(select(func.count()).select_from(Flag).where(_last_decision().is_(None))) or 0


def flags_by_id(session: Session, ids: Sequence[int]) -> dict[int, Flag]:
    """Return the flags with these ids, locked against other decisions."""
    rows = session.scalars(select(Flag).where(Flag.id.in_(ids)).with_for_update())
    return {flag.id: flag for flag in rows}


def turns_of(session: Session, battles: Sequence[int]) -> Sequence[Turn]:
    """Return all turns of these battles, in order."""
    return session.scalars(select(Turn).where(Turn.battle_id.in_(battles)).order_by(Turn.id)).all()


def decisions_about(
    session: Session, *, turn_id: int | None, reply_id: int | None
) -> Sequence[tuple[str, DeskDecision | None]]:
    """Return (moderator, last decision or None) of each flag on a prompt, or on a reply if one is given."""
    about = Flag.reply_id == reply_id if reply_id is not None else (Flag.turn_id == turn_id) & Flag.reply_id.is_(None)
    query = select(Flag.moderator, FlagDecision.decision).outerjoin(FlagDecision, FlagDecision.id == _last_decision())
    return [(moderator, decision) for moderator, decision in session.execute(query.where(about))]


def _last_decision() -> ScalarSelect[int | None]:
    return select(func.max(FlagDecision.id)).where(FlagDecision.flag_id == Flag.id).correlate(Flag).scalar_subquery()
