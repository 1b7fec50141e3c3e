"""Named questions to the database. Each takes a session and returns rows or plain values; none commits."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Insert, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload, load_only, selectinload

from arena.battle_view import BattleStatus, Handle, ReplyStatus, VoterKey
from arena.contender_status import ContenderStatus
from arena.db.tables import Battle, Contender, Reply, Turn, Voter

WITH_EVERYTHING = (
    joinedload(Battle.contender_a),
    joinedload(Battle.contender_b),
    joinedload(Battle.vote),
    joinedload(Battle.label),
    selectinload(Battle.turns).selectinload(Turn.replies),
)


def battle_of(session: Session, handle: Handle, voter: VoterKey, *, for_change: bool = False) -> Battle | None:
    """Return the voter's battle with its contenders, turns, replies and vote; locked if it is to be changed."""
    if for_change:
        # SQLite's writer is alone already; PostgreSQL lets others wait here until we commit.
        session.execute(select(Battle.id).where(Battle.handle == handle).with_for_update())
    query = select(Battle).join(Battle.voter).where(Battle.handle == handle, Voter.key == voter)
    return session.scalar(query.options(*WITH_EVERYTHING).execution_options(populate_existing=True))


def lock_battle(session: Session, battle_id: int) -> Battle:
    """Return the battle, alone; others who want to change it wait."""
    return session.get_one(Battle, battle_id, with_for_update=True)


def load_fully(session: Session, battle: Battle) -> Battle:
    """Return `battle` with its contenders, turns, replies and vote, usable after the session."""
    query = select(Battle).where(Battle.id == battle.id).options(*WITH_EVERYTHING)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def newest_open_battle(session: Session, voter: VoterKey) -> Handle | None:
    """Return the handle of the voter's newest battle if it is open."""
    query = select(Battle.handle, Battle.status).join(Battle.voter).where(Voter.key == voter)
    row = session.execute(query.order_by(Battle.id.desc()).limit(1)).first()
    return Handle(row.handle) if row and row.status is BattleStatus.OPEN else None


def active_slugs(session: Session) -> Sequence[str]:
    """Return the contenders that may be drawn, in order."""
    query = select(Contender.slug).where(Contender.status == ContenderStatus.ACTIVE)
    return session.scalars(query.order_by(Contender.slug)).all()


def contender_id(session: Session, slug: str) -> int:
    """Return the id of the contender with this slug."""
    return session.scalars(select(Contender.id).where(Contender.slug == slug)).one()


def voter_id(session: Session, key: VoterKey, *, now: datetime) -> int:
    """Return the id of the voter with this key, who is added on the first visit."""
    session.execute(_insert_or_ignore(session, Voter).values(key=key, first_seen_at=now))
    return session.scalars(select(Voter.id).where(Voter.key == key)).one()


def interrupt_replies(session: Session, battle_id: int) -> None:
    """Mark the replies of a battle that nobody writes any more."""
    turns = select(Turn.id).where(Turn.battle_id == battle_id)
    streaming = (Reply.turn_id.in_(turns), Reply.status == ReplyStatus.STREAMING)
    session.execute(update(Reply).where(*streaming).values(status=ReplyStatus.INTERRUPTED))


def _insert_or_ignore(session: Session, table: type[Voter]) -> Insert:
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def store_texts(session: Session, texts: Mapping[int, str]) -> None:
    """Store what replies say so far, by reply id; those that have ended meanwhile keep their end."""
    query = (
        update(Reply)
        .where(Reply.id == bindparam("reply_id"), Reply.status == ReplyStatus.STREAMING)
        .values(text=bindparam("so_far"))
    )
    rows = [{"reply_id": reply_id, "so_far": text} for reply_id, text in texts.items()]
    session.connection().execute(query, rows)


def ranked_contenders(session: Session) -> Sequence[Contender]:
    """Return the contenders that belong on a board, all that were ever active, with what is shown of them."""
    shown = (
        *(Contender.slug, Contender.label, Contender.organisation, Contender.owner, Contender.licence),
        *(Contender.lineage, Contender.base, Contender.family, Contender.options),
        *(Contender.status, Contender.status_reason, Contender.status_at, Contender.created_at),
    )
    query = select(Contender).where(Contender.status != ContenderStatus.CANDIDATE)
    return session.scalars(query.order_by(Contender.slug).options(load_only(*shown))).all()
