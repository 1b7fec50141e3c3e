"""Database queries of the board. Each takes a session and returns rows or plain values; none commits."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, defer

from arena.db.states import BattleStatus, ReplyStatus
from arena.db.tables import Battle, Reply, Snapshot, Tally, Turn

OVER = Battle.status != BattleStatus.OPEN


class ReplySums(NamedTuple):
    """Sums over a contender's replies. All after `failed` are over finished replies, and None where nothing is known.

    Attributes:
        characters: number of characters.
        timed_characters: number of characters in replies whose duration is known.
        seconds: sum of durations.
        usd, wh_low, wh_high: mean cost (US dollars) and energy (watt-hours) of replies where these are known.
    """

    finished: int = 0
    failed: int = 0
    characters: int | None = None
    timed_characters: int | None = None
    seconds: float | None = None
    usd: float | None = None
    wh_low: float | None = None
    wh_high: float | None = None


def battles_over(session: Session) -> Sequence[tuple[int, int, int]]:
    """Return (id of contender a, id of contender b, number of battles) for battles that are over, voted or void."""
    sides = (Battle.contender_a_id, Battle.contender_b_id)
    return session.execute(select(*sides, func.count()).where(OVER).group_by(*sides)).all()


def reply_sums(session: Session) -> dict[int, ReplySums]:
    """Return the sums over replies in battles that are over, by the contender's id."""
    finished = Reply.status == ReplyStatus.FINISHED
    sums = (
        func.count().filter(finished),
        func.count().filter(Reply.status == ReplyStatus.FAILED),
        func.sum(Reply.num_chars).filter(finished),
        func.sum(case((Reply.duration_s > 0, Reply.num_chars), else_=0)).filter(finished),
        func.sum(Reply.duration_s).filter(finished),
        *(func.avg(mean).filter(finished) for mean in (Reply.usd, Reply.wh_low, Reply.wh_high)),
    )
    query = select(Reply.contender_id, *sums).join(Turn, Turn.id == Reply.turn_id)
    query = query.join(Battle, Battle.id == Turn.battle_id).where(OVER).group_by(Reply.contender_id)
    return {row[0]: ReplySums(*row[1:]) for row in session.execute(query)}


def voted_days(session: Session) -> tuple[date, date] | None:
    """Return the first and the last day with a vote that counts, or None if no vote counts."""
    first, last = (session.scalar(select(end(Tally.day)).where(Tally.count > 0)) for end in (func.min, func.max))
    return None if first is None or last is None else (first, last)


def all_snapshots(session: Session) -> Sequence[Snapshot]:
    """Return all snapshots, the newest first, without their tallies, standings and votes."""
    large = (Snapshot.tallies, Snapshot.standings, Snapshot.style_votes)
    query = select(Snapshot).options(*map(defer, large))
    return session.scalars(query.order_by(Snapshot.taken_at.desc(), Snapshot.id)).all()


def snapshot_of(session: Session, *, votes_sha256: str) -> str | None:
    """Return the id of a snapshot of exactly these votes, or None."""
    return session.scalar(select(Snapshot.id).where(Snapshot.votes_sha256 == votes_sha256).limit(1))
