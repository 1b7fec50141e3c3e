"""Database queries of voters. Each takes a session and returns rows or plain values; none commits."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Row, TextClause, and_, bindparam, delete, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from arena.db import tallies
from arena.db.states import Checked, Held, VoterKey
from arena.db.table import Table, UtcDateTime
from arena.db.tables import Battle, Vote, Voter
from arena.db.voter_tables import KeyUse, QuotaCount, SecretKey, UsedProof

WINDOW = ("quota", "subject", "begins_at")  # the key of a row of `quota_counts`


def living_keys(session: Session) -> Sequence[SecretKey]:
    """Return all keys that are not destroyed."""
    return session.scalars(select(SecretKey).where(SecretKey.destroyed_at.is_(None))).all()


def add_key(session: Session, use: KeyUse, day: date, secret: str) -> None:
    """Add a key, unless the day has one."""
    values = {"use": use, "day": day, "secret": secret}
    session.execute(_insert(session, SecretKey).values(values).on_conflict_do_nothing())


def set_key(session: Session, use: KeyUse, day: date, secret: str) -> None:
    """Add a key, or put it in the place of the one that the day has."""
    _overwrite_what_is_deleted(session)
    values = {"use": use, "day": day, "secret": secret, "destroyed_at": None}
    statement = _insert(session, SecretKey).values(values)
    changed = {name: values[name] for name in ("secret", "destroyed_at")}
    session.execute(statement.on_conflict_do_update(index_elements=["use", "day"], set_=changed))


def destroy_keys(session: Session, use: KeyUse, *, before: date, at: datetime) -> int:
    """Empty the keys of a use from days before `before`; return how many were emptied now."""
    _overwrite_what_is_deleted(session)
    these = (SecretKey.use == use, SecretKey.day < before, SecretKey.destroyed_at.is_(None))
    found = session.scalars(select(SecretKey.id).where(*these)).all()
    session.execute(update(SecretKey).where(SecretKey.id.in_(found)).values(secret="", destroyed_at=at))
    return len(found)


class Arrival(NamedTuple):
    """A voter who asks something; `is_new` at the first question."""

    voter: Voter
    is_new: bool


def arrive(session: Session, key: VoterKey, *, moment: datetime) -> Arrival:
    """Return the voter with this key; add the voter at the first question."""
    insert = _insert(session, Voter).values(key=key, first_seen_at=moment).on_conflict_do_nothing()
    is_new = session.connection().execute(insert.returning(Voter.id)).first() is not None
    return Arrival(session.scalars(select(Voter).where(Voter.key == key)).one(), is_new)


def count_up(session: Session, windows: Sequence[tuple[str, str, datetime]]) -> dict[str, int]:
    """Add one to each window (quota, subject, begin); return the counts by the quota's name."""
    if not windows:
        return {}
    # Always in the same order, so that two transactions cannot deadlock.
    ordered = sorted(windows)
    values = {
        f"{name}_{number}": value
        for number, window in enumerate(ordered)
        for name, value in zip(WINDOW, window, strict=True)
    }
    counts: dict[str, int] = dict(session.execute(_count_up(len(ordered)), values).all())
    return counts


@lru_cache
def _count_up(rows: int) -> TextClause:
    """Return the statement. As text, because SQLAlchemy would build an insertion of several rows anew each time."""
    places = ", ".join(f"({', '.join(f':{name}_{number}' for name in WINDOW)}, 1)" for number in range(rows))
    key = ", ".join(WINDOW)
    statement = text(
        f"INSERT INTO quota_counts ({key}, count) VALUES {places} "  # noqa: S608 - names and numbers of ours
        f"ON CONFLICT ({key}) DO UPDATE SET count = quota_counts.count + 1 RETURNING quota, count"
    )
    return statement.bindparams(*(bindparam(f"begins_at_{number}", type_=UtcDateTime) for number in range(rows)))


def add_reached(session: Session, reached: Iterable[tuple[tuple[str, str, datetime], int]]) -> None:
    """Add to how often quotas were reached, by window (quota, subject, begin)."""
    rows = [
        {"quota": quota, "subject": subject, "begins_at": begins_at, "count": 0, "reached": times}
        for (quota, subject, begins_at), times in sorted(reached)
    ]
    statement = _insert(session, QuotaCount)
    summed = {"reached": QuotaCount.reached + statement.excluded.reached}
    key = list(QuotaCount.__table__.primary_key)
    session.connection().execute(statement.on_conflict_do_update(index_elements=key, set_=summed), rows)


def reached_since(session: Session, moment: datetime) -> Sequence[Row[str, int, int]]:
    """Return (quota, how often it was reached, by how many subjects) for hours and days that began since a moment."""
    sums = (func.sum(QuotaCount.reached), func.count(QuotaCount.subject.distinct()))
    query = select(QuotaCount.quota, *sums).where(QuotaCount.reached > 0, QuotaCount.begins_at >= moment)
    return session.execute(query.group_by(QuotaCount.quota).order_by(QuotaCount.quota)).all()


def forget_counts(session: Session, *, before: datetime, reached_before: datetime) -> None:
    """Delete the counts of hours and days that began before a moment, and the proofs that expired before it.

    Counts of quotas that were reached are deleted if they began before `reached_before`.
    """
    plain = and_(QuotaCount.begins_at < before, QuotaCount.reached == 0)
    session.execute(delete(QuotaCount).where(or_(plain, QuotaCount.begins_at < reached_before)))
    session.execute(delete(UsedProof).where(UsedProof.expires_at < before))


def keep_proof(session: Session, challenge: str, voter: VoterKey, *, expires_at: datetime, checked: Checked) -> bool:
    """Keep a solution for its voter's next battle, and return whether it is the first of its challenge."""
    values = {"challenge": challenge, "voter_key": voter, "expires_at": expires_at, "checked": checked}
    insert = _insert(session, UsedProof).values(values).on_conflict_do_nothing().returning(UsedProof.challenge)
    return session.connection().execute(insert).first() is not None


def spend_proof(session: Session, voter: VoterKey, moment: datetime) -> Checked | None:
    """Spend a proof of this voter; return how its check ended, or None if the voter has none left."""
    free = (UsedProof.voter_key == voter, UsedProof.spent_at.is_(None), UsedProof.expires_at > moment)
    one = select(UsedProof.challenge).where(*free).limit(1).with_for_update(skip_locked=True).scalar_subquery()
    spent = update(UsedProof).where(UsedProof.challenge == one, UsedProof.spent_at.is_(None)).values(spent_at=moment)
    row = session.connection().execute(spent.returning(UsedProof.checked)).first()
    return Checked(row.checked) if row else None


def hold(session: Session, voter: Voter, *, reason: str, at: datetime) -> list[tallies.Delta]:
    """Take all votes of a voter that count, or wait for the end of the trial, out of the count as `NEW_VOTER`.

    Returns the number of those that counted, by cell of the tallies.
    """
    counted = tallies.counting(session, Vote.voter_id == voter.id, Vote.excluded == "")
    theirs = (Vote.voter_id == voter.id, or_(Vote.excluded == "", Vote.held == Held.TRIAL))
    values = {"excluded": reason, "excluded_at": at, "held": Held.NEW_VOTER}
    session.connection().execute(update(Vote).where(*theirs).values(values))
    return counted


def on_trial(session: Session) -> bool:
    """Return whether a vote waits for the end of its voter's trial."""
    waiting = (Vote.held == Held.TRIAL, Vote.held != "", Vote.excluded != "")
    return session.scalar(select(Vote.battle_id).where(*waiting).limit(1)) is not None


def end_trials(session: Session, *, seen_before: datetime, reason: str) -> list[tallies.Delta]:
    """Count the votes whose voters were first seen before a moment and are not held; return them by cell.

    `reason` is the one by which they are excluded now: a vote that is excluded for another one stays so.
    """
    known = select(Voter.id).where(Voter.first_seen_at <= seen_before, Voter.held_at.is_(None))
    these = (Vote.held == Held.TRIAL, Vote.excluded == reason, Vote.voter_id.in_(known))
    counted = tallies.counting(session, *these)
    if counted:
        session.connection().execute(update(Vote).where(*these).values(excluded="", excluded_at=None))
    return counted


def held_votes(session: Session) -> Sequence[Row[str, str, int, int, datetime, datetime, int]]:
    """Return (why, network's hash, voters, votes, first cast, last cast, a battle) of the votes that are held now."""
    last = func.max(Vote.battle_id)
    columns = (func.count(Vote.voter_id.distinct()), func.count(), func.min(Vote.cast_at), func.max(Vote.cast_at), last)
    held = (Vote.held != "", Vote.excluded != "")
    query = select(Vote.held, Vote.network_hash, *columns).where(*held).group_by(Vote.held, Vote.network_hash)
    return session.execute(query.order_by(func.count().desc())).all()


def held_battles(session: Session, *, why: str, network: str) -> Sequence[int]:
    """Return the ids of the battles whose votes are held for a reason, from networks whose hash begins with `network`.

    An empty `network` means all.
    """
    held = (Vote.held == why, Vote.held != "", Vote.excluded != "")
    from_there = Vote.network_hash.startswith(network, autoescape=True)
    return session.scalars(select(Vote.battle_id).where(*held, from_there).order_by(Vote.battle_id)).all()


def checked_votes(session: Session, *, since: datetime) -> dict[str, int]:
    """Return how many votes were cast since a moment by how their check ended."""
    query = select(Vote.checked, func.count()).where(Vote.cast_at >= since).group_by(Vote.checked)
    return dict(session.execute(query).all())


def unchecked_proofs(session: Session, *, since: datetime) -> int:
    """Return how many battles were opened since a moment with a proof of work that could not be checked."""
    these = (Battle.proof == Checked.UNCHECKED, Battle.opened_at >= since)
    return session.scalar(select(func.count()).select_from(Battle).where(*these)) or 0


def _overwrite_what_is_deleted(session: Session) -> None:
    if _is_sqlite(session):  # it would else leave the old bytes in the file
        session.execute(text("PRAGMA secure_delete = ON"))


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _insert(session: Session, table: type[Table]) -> "sqlite.Insert | postgresql.Insert":
    return sqlite.insert(table) if _is_sqlite(session) else postgresql.insert(table)
