"""Database queries of voters. Each takes a session and returns rows or plain values; none commits."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Row,
    Select,
    TextClause,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from arena.db import tallies
from arena.db.consent_tables import Consent, ErasedTally, ExportRecord, Permission, StoredNotice, Withdrawal
from arena.db.queries import voter_id
from arena.db.schema import METADATA
from arena.db.states import BattleStatus, Checked, Held, VoterKey
from arena.db.table import Table, UtcDateTime
from arena.db.tables import Battle, Flag, Reply, Spending, Turn, Vote, Voter
from arena.db.voter_tables import KeyUse, QuotaCount, SecretKey, UsedProof
from arena.voters.permissions import NOT_ALLOWED, Choices
from arena.votes import queries as votes

NOBODY = VoterKey("nobody")  # to whom erased battles belong
GONE = "gone-"  # begins the key of a voter who was forgotten


class WithdrawnBattle(NamedTuple):
    """A battle of which less may be used than before: its number, when that came, and what was withdrawn."""

    battle: int
    at: datetime
    what: str


# Consent


def newest_consent(session: Session, voter: VoterKey) -> Consent | None:
    """Return the voter's newest choices."""
    query = select(Consent).join(Voter, Voter.id == Consent.voter_id).where(Voter.key == voter)
    return session.scalar(query.order_by(Consent.id.desc()).limit(1))


def keep_notice(session: Session, *, version: str, text: str, at: datetime) -> None:
    """Keep the text of a notice, unless it is kept already."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    row = {"version": version, "text": text, "first_used_at": at}
    session.execute(dialect.insert(StoredNotice).values(row).on_conflict_do_nothing())


def add_consent(session: Session, voter: int, choices: Choices, *, version: str, at: datetime) -> None:
    """Add the choices of a voter."""
    row = Consent(voter_id=voter, at=at, version=version)
    row.battle, row.vote, row.text = choices.battle, choices.vote, choices.text
    session.add(row)


def consents_by_version(session: Session) -> Sequence[tuple[str, bool, bool, bool, int]]:
    """Return (version, battle, vote, text, number of voters) of the choices that hold now."""
    newest = select(func.max(Consent.id)).group_by(Consent.voter_id)
    columns = (Consent.version, Consent.battle, Consent.vote, Consent.text)
    query = select(*columns, func.count()).where(Consent.id.in_(newest)).group_by(*columns).order_by(*columns)
    return [(version, battle, vote, text, count) for version, battle, vote, text, count in session.execute(query)]


def withdraw(session: Session, voter: int, choices: Choices, *, at: datetime) -> None:
    """Take from the voter's battles what `choices` do not allow. The votes that counted are excluded."""
    own = select(Battle.id).where(Battle.voter_id == voter)
    if not choices.vote:
        tallies.lock(session)
        deltas = votes.exclude(session, battles=(), voters=[voter], reason=NOT_ALLOWED, at=at)
        tallies.add(session, [replace(delta, count=-delta.count) for delta in deltas])
        _reduce(session, own, Permission.vote, what="vote", at=at)
    if not choices.text:
        _reduce(session, own, Permission.text, what="text", at=at)


def _reduce(
    session: Session, battles: Select[int], choice: InstrumentedAttribute[bool], *, what: str, at: datetime
) -> None:
    session.flush()
    permitted = (Permission.battle_id.in_(battles), choice)
    note(session, session.scalars(select(Permission.battle_id).where(*permitted)), what=what, at=at)
    session.execute(update(Permission).where(*permitted).values({choice: False}))


def note(session: Session, battles: Iterable[int], *, what: str, at: datetime) -> None:
    """Note for later releases that less may be used of these battles."""
    rows = [{"battle": battle, "at": at, "what": what} for battle in battles]
    if rows:
        session.connection().execute(insert(Withdrawal), rows)


def withdrawn_since(session: Session, moment: datetime) -> list[WithdrawnBattle]:
    """Return the battles of which less may be used since a moment, in the order in which that came."""
    columns = (Withdrawal.battle, Withdrawal.at, Withdrawal.what)
    query = select(*columns).where(Withdrawal.at >= moment).order_by(Withdrawal.id)
    return [WithdrawnBattle(*row) for row in session.execute(query)]


# Permissions


def permission_of(session: Session, battle: int) -> Permission | None:
    """Return what may be done with a battle; None where it began before voters were asked."""
    return session.get(Permission, battle)


def texts_permitted(session: Session, battles: Iterable[int]) -> set[int]:
    """Return those of `battles` whose texts may leave the arena."""
    query = select(Permission.battle_id).where(Permission.battle_id.in_([*battles]), Permission.text)
    return set(session.scalars(query))


def battle_with_code(session: Session, code: str) -> Battle | None:
    """Return the battle that a code erases."""
    query = select(Battle).join(Permission, Permission.battle_id == Battle.id).where(Permission.code == code)
    return session.scalar(query)


# Erasure


def voter_with_key(session: Session, key: VoterKey) -> int | None:
    """Return the id of the voter with this key, or None."""
    return session.scalar(select(Voter.id).where(Voter.key == key))


def battles_of(session: Session, voter: int) -> Sequence[int]:
    """Return the numbers of the voter's battles."""
    return session.scalars(select(Battle.id).where(Battle.voter_id == voter).order_by(Battle.id)).all()


def erase_battles(session: Session, battles: Sequence[int], *, keep_counts: bool, at: datetime) -> int:
    """Erase battles: what was written, who wrote it, the vote, and every row that refers to them; return the votes.

    What stays of a battle is that this pair was drawn on this day. A vote that counted stays as one more in
    `erased_tallies` if `keep_counts`, and otherwise leaves the tallies.
    """
    tallies.lock(session)
    chosen = Battle.id.in_(battles)
    counted = tallies.counting(session, Vote.battle_id.in_(battles), votes.COUNTS)
    num_votes: int = session.scalar(select(func.count()).where(Vote.battle_id.in_(battles))) or 0
    if keep_counts:
        _keep_counts(session, counted)
    else:
        tallies.add(session, [replace(delta, count=-delta.count) for delta in counted])
    erase_below(session, METADATA.tables[Battle.__tablename__], chosen)
    for row in session.scalars(select(Battle).where(chosen)):
        row.voter_id = voter_id(session, NOBODY, now=_midnight(at))
        row.handle = f"{GONE}{secrets.token_hex(8)}"
        row.status = BattleStatus.VOID
        row.network_hash = row.prompt_hash = ""
        row.opened_at, row.closed_at = _midnight(row.opened_at), row.closed_at and _midnight(row.closed_at)
    note(session, battles, what="erased", at=at)
    session.flush()
    return num_votes


def erase_voter(session: Session, voter: int) -> None:
    """Erase a voter whose battles are erased: the cookie's hash, the choices, and every row that refers to the voter.

    The row itself stays, empty, so that its number is never given to somebody else.
    """
    erase_below(session, METADATA.tables[Voter.__tablename__], Voter.id == voter, but={Battle.__tablename__})
    session.execute(delete(Spending).where(Spending.account == f"voter:{voter}"))
    row = session.get_one(Voter, voter)
    session.execute(delete(QuotaCount).where(QuotaCount.subject == row.key))
    session.execute(delete(UsedProof).where(UsedProof.voter_key == row.key))
    row.key, row.first_seen_at = f"{GONE}{secrets.token_hex(8)}", _midnight(row.first_seen_at)


def erase_below(session: Session, table: SqlTable, where: ColumnElement[bool], *, but: Iterable[str] = ()) -> None:
    """Delete every row that refers to the chosen rows of a table by a foreign key, however many tables lie between."""
    for key in _references(table):
        child = key.table
        if child.name in but:
            continue
        (foreign,) = (one for one in key.foreign_keys if one.column.table is table)
        below = key.in_(select(foreign.column).where(where).scalar_subquery())
        erase_below(session, child, below)
        session.execute(delete(child).where(below))


def _references(table: SqlTable) -> list[Column[object]]:
    """Return the columns that refer to a table."""
    columns = (column for other in METADATA.sorted_tables for column in other.columns)
    return [column for column in columns if any(key.column.table is table for key in column.foreign_keys)]


def _keep_counts(session: Session, counted: Sequence[tallies.Delta]) -> None:
    for delta in counted:
        key = (delta.day, delta.left_id, delta.right_id, delta.verdict, delta.slice_id)
        row = session.get(ErasedTally, key)
        if row is None:
            names = ("day", "left_id", "right_id", "verdict", "slice_id")
            row = ErasedTally(**dict(zip(names, key, strict=True)), count=0)
            session.add(row)
        row.count += delta.count
    session.flush()


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC).date(), time.min, UTC)


# Retention


def battles_with_old_texts(session: Session, *, after: int, until: datetime, voted: bool, limit: int) -> Sequence[int]:
    """Return battles after number `after` that were opened before `until` and still have texts, the oldest first."""
    status = Battle.status == BattleStatus.VOTED if voted else Battle.status != BattleStatus.VOTED
    texts = exists().where(Turn.battle_id == Battle.id, Turn.prompt != "")
    query = select(Battle.id).where(Battle.id > after, Battle.opened_at < until, status, texts)
    return session.scalars(query.order_by(Battle.id).limit(limit)).all()


def erase_texts(session: Session, battles: Sequence[int], *, at: datetime) -> None:
    """Empty the prompts and answers of battles. Votes and measurements stay; nobody can vote on what is gone."""
    turns = select(Turn.id).where(Turn.battle_id.in_(battles))
    replies = select(Reply.id).where(Reply.turn_id.in_(turns))
    session.execute(update(Reply).where(Reply.turn_id.in_(turns)).values(text="", reasoning="", failure_detail=""))
    session.execute(update(Turn).where(Turn.battle_id.in_(battles)).values(prompt=""))
    session.execute(update(Flag).where(or_(Flag.turn_id.in_(turns), Flag.reply_id.in_(replies))).values(text=""))
    still_open = (Battle.id.in_(battles), Battle.status == BattleStatus.OPEN)
    session.execute(update(Battle).where(*still_open).values(status=BattleStatus.VOID, closed_at=at))
    _reduce(session, select(Battle.id).where(Battle.id.in_(battles)), Permission.text, what="expired", at=at)


def erase_refused_prompts(session: Session, *, until: datetime) -> int:
    """Empty the texts of prompts that were refused before a moment; return their number."""
    old = and_(Flag.at < until, Flag.text != "")
    number = session.scalar(select(func.count()).select_from(Flag).where(old)) or 0
    session.execute(update(Flag).where(old).values(text=""))
    return number


def forget_voters(session: Session, *, until: datetime) -> int:
    """Forget the cookies of voters who opened no battle since a moment; return their number."""
    battle = aliased(Battle)
    recent = exists().where(battle.voter_id == Voter.id, battle.opened_at >= until)
    known = and_(~Voter.key.startswith(GONE), Voter.key != NOBODY)
    voters = session.scalars(select(Voter).where(Voter.first_seen_at < until, known, ~recent)).all()
    for row in voters:
        row.key = f"{GONE}{secrets.token_hex(8)}"
    return len(voters)


# Exports


def add_export(session: Session, *, label: str, what: str, at: datetime) -> None:
    """Note an export that leaves the arena."""
    session.add(ExportRecord(label=label, what=what, at=at))


def export_labels(session: Session) -> Sequence[str]:
    """Return the labels of all exports, the newest first."""
    return session.scalars(select(ExportRecord.label).order_by(ExportRecord.at.desc())).all()


def all_numbers(session: Session) -> tuple[Sequence[int], Sequence[int]]:
    """Return the numbers of all battles with a vote, and of all voters."""
    return session.scalars(select(Vote.battle_id)).all(), session.scalars(select(Voter.id)).all()


# Keys, quotas, proofs, trials

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
