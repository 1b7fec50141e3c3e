"""Database queries of suspicion. Each takes a session and returns rows or plain values; none commits."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, exists, func, literal, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from arena.db import tallies
from arena.db.queries import WITH_EVERYTHING, contender_slugs
from arena.db.states import BattleStatus, ContenderStatus
from arena.db.suspicion_tables import DetectorRun, SuspectVote, Suspicion, SuspicionState, VoteMark
from arena.db.tables import Battle, Contender, Turn, Vote, Voter
from arena.suspicion.states import SUSPECT, Mark
from leaderboard import Verdict

PROMPT_ROWS = 20_000  # rows with prompts that are read at a time
BATCH = 200  # battles in memory at a time, with their texts
IDS_AT_A_TIME = 10_000  # SQLite takes 32,766 in one statement


def opened_battles(session: Session, *, until: datetime) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield the battles that were opened until a moment and are not void, with their votes until then, by id.

    Battles whose vote had been taken out for another reason than suspicion are left out.
    """
    cast = and_(Vote.battle_id == Battle.id, Vote.cast_at <= until)
    fast = and_(VoteMark.battle_id == Vote.battle_id, VoteMark.mark == Mark.TOO_FAST)
    columns = (Battle.id, Battle.contender_a_id, Battle.contender_b_id, Battle.voter_id, Battle.network_hash)
    query = select(
        *columns, Vote.verdict, Voter.first_seen_at, Turn.prompt, VoteMark.mark.is_not(None).label("too_fast")
    )
    query = query.join(Voter, Voter.id == Battle.voter_id)
    query = query.join(Turn, and_(Turn.battle_id == Battle.id, Turn.position == 1))
    query = query.outerjoin(Vote, cast).outerjoin(VoteMark, fast)
    in_count = or_(Vote.excluded.is_(None), Vote.excluded.in_(["", *SUSPECT.values()]), Vote.excluded_at > until)
    query = query.where(Battle.opened_at <= until, Battle.status != BattleStatus.VOID, in_count).order_by(Battle.id)
    yield from session.execute(query.execution_options(yield_per=PROMPT_ROWS))


def newest_run(session: Session) -> DetectorRun | None:
    """Return the last look of the detectors that found something new, if there was any."""
    return session.scalar(select(DetectorRun).order_by(DetectorRun.id.desc()).limit(1))


def run_of(session: Session, id_: int) -> DetectorRun | None:
    """Return one look of the detectors, or None."""
    return session.get(DetectorRun, id_)


def num_votes(session: Session) -> int:
    """Return how many votes there are, counted or not."""
    return session.scalar(select(func.count()).select_from(Vote)) or 0


def suspicions(session: Session) -> Sequence[tuple[Suspicion, int, int]]:
    """Return all suspicions with the number of their votes and of those that are left out now, the newest first."""
    out = func.count().filter(Vote.excluded.in_(SUSPECT.values()))
    query = select(Suspicion, func.count(SuspectVote.battle_id), out)
    query = query.outerjoin(SuspectVote, SuspectVote.suspicion_id == Suspicion.id)
    query = query.outerjoin(Vote, Vote.battle_id == SuspectVote.battle_id)
    rows = session.execute(query.group_by(Suspicion.id).order_by(Suspicion.id.desc()))
    return [(one, votes, left_out) for one, votes, left_out in rows]


def suspicion(session: Session, id_: int) -> Suspicion | None:
    """Return one suspicion, or None."""
    return session.get(Suspicion, id_)


def suspicions_by_subject(session: Session) -> dict[str, Suspicion]:
    """Return all suspicions by their subject."""
    return {row.subject: row for row in session.scalars(select(Suspicion))}


def suspect_votes(session: Session) -> list[tuple[int, SuspicionState, int]]:
    """Return (suspicion, its state, battle) of every vote of every suspicion, in this order."""
    query = select(Suspicion.id, Suspicion.state, SuspectVote.battle_id)
    query = query.join(SuspectVote, SuspectVote.suspicion_id == Suspicion.id)
    rows = session.execute(query.order_by(Suspicion.id, SuspectVote.battle_id))
    return [(id_, state, battle) for id_, state, battle in rows]


def add_suspect_votes(session: Session, id_: int, battles: Iterable[int]) -> None:
    """Add votes to a suspicion; those that it has already stay."""
    known = set(session.scalars(select(SuspectVote.battle_id).where(SuspectVote.suspicion_id == id_)))
    session.add_all([SuspectVote(suspicion_id=id_, battle_id=battle) for battle in battles if battle not in known])


def excluded_as_suspect(session: Session) -> dict[int, str]:
    """Return the reason of each vote that is left out on suspicion, by its battle."""
    query = select(Vote.battle_id, Vote.excluded).where(Vote.excluded.in_(SUSPECT.values()))
    return dict(session.execute(query).all())


def uncounted_otherwise(session: Session, battles: Sequence[int]) -> set[int]:
    """Return those of the battles whose vote is left out for another reason than suspicion."""
    other = Vote.excluded.not_in(["", *SUSPECT.values()])
    return {
        id_
        for part in batched_ids(battles)
        for id_ in session.scalars(select(Vote.battle_id).where(Vote.battle_id.in_(part), other))
    }


def batched_ids(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield ids in parts that fit into one statement."""
    return (ids[begin : begin + IDS_AT_A_TIME] for begin in range(0, len(ids), IDS_AT_A_TIME))


def next_votes(session: Session, after: tuple[datetime, int] | None) -> Sequence[Battle]:
    """Return the next battles with votes in the order in which these were cast, with turns and replies."""
    query = select(Battle).join(Vote, Vote.battle_id == Battle.id).options(*WITH_EVERYTHING)
    if after:
        query = query.where(tuple_(Vote.cast_at, Vote.battle_id) > tuple_(*map(literal, after)))
    rows = session.scalars(query.order_by(Vote.cast_at, Vote.battle_id).limit(BATCH))
    return rows.unique().all()


def votes_before(session: Session, vote: Vote) -> Sequence[Row[int, int, int, str]]:
    """Return (battle, contender a, contender b, first prompt) of the voter's earlier votes, the oldest first."""
    query = select(Battle.id, Battle.contender_a_id, Battle.contender_b_id, Turn.prompt)
    query = query.join(Vote, Vote.battle_id == Battle.id)
    query = query.join(Turn, and_(Turn.battle_id == Battle.id, Turn.position == 1))
    earlier = tuple_(Vote.cast_at, Vote.battle_id) < tuple_(literal(vote.cast_at), literal(vote.battle_id))
    query = query.where(Vote.voter_id == vote.voter_id, earlier).order_by(Vote.cast_at, Vote.battle_id)
    return session.execute(query).all()


def add_marks(session: Session, marks: Sequence[VoteMark]) -> None:
    """Add marks; those that are set already stay as they are."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    rows = [{"battle_id": mark.battle_id, "mark": str(mark.mark), "reason": mark.reason} for mark in marks]
    if rows:
        session.connection().execute(dialect.insert(VoteMark).on_conflict_do_nothing(), rows)


def num_marked(session: Session) -> dict[str, int]:
    """Return how many votes that count have each mark."""
    query = select(VoteMark.mark, func.count()).join(Vote, Vote.battle_id == VoteMark.battle_id)
    return dict(session.execute(query.where(Vote.excluded == "").group_by(VoteMark.mark)).all())


def unmarked_tallies(session: Session) -> list[tuple[str, str, Verdict, int]]:
    """Return (left slug, right slug, verdict, count) of the votes that count and have no mark."""
    marked = exists().where(VoteMark.battle_id == Vote.battle_id)
    slugs = contender_slugs(session)
    deltas = tallies.counting(session, Vote.excluded == "", ~marked)
    return [(slugs[delta.left_id], slugs[delta.right_id], delta.verdict, delta.count) for delta in deltas]


def ranked_slugs(session: Session) -> Sequence[str]:
    """Return the slugs of the contenders that a board lists: all but candidates."""
    return session.scalars(
        select(Contender.slug).where(Contender.status != ContenderStatus.CANDIDATE).order_by(Contender.slug)
    ).all()
