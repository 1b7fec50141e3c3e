"""Named questions to the database. Each takes a session and returns rows or plain values; none commits."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Insert, Row, bindparam, exists, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, load_only, selectinload

from arena.db.states import BattleStatus, ContenderStatus, Handle, ReplyStatus, VoterKey
from arena.db.tables import Battle, Check, Contender, Label, Reply, StatusChange, Turn, Vote, Voter

WITH_EVERYTHING = (
    joinedload(Battle.contender_a),
    joinedload(Battle.contender_b),
    joinedload(Battle.vote),
    joinedload(Battle.label),
    selectinload(Battle.turns).joinedload(Turn.replies),
)

# For battles that are shown or exported after their vote.
WITH_VOTE = (
    joinedload(Battle.contender_a),
    joinedload(Battle.contender_b),
    joinedload(Battle.vote),
    joinedload(Battle.label).joinedload(Label.slice),
    selectinload(Battle.turns).selectinload(Turn.replies),
)
BATCH = 500  # battles in memory at a time, with their texts


class StatusNote(NamedTuple):
    """A change of a contender's status, with time and reason."""

    slug: str
    label: str
    status: ContenderStatus
    at: datetime
    reason: str


def battle_of(session: Session, handle: Handle, voter: VoterKey, *, for_change: bool = False) -> Battle | None:
    """Return the voter's battle with contenders, turns, replies and vote, or None; locked if `for_change`."""
    if for_change:
        # On SQLite there is only one writer anyway. On PostgreSQL others wait here until this session commits.
        session.execute(select(Battle.id).where(Battle.handle == handle).with_for_update())
    query = select(Battle).join(Battle.voter).where(Battle.handle == handle, Voter.key == voter)
    query = query.options(*WITH_EVERYTHING, contains_eager(Battle.voter))
    return session.scalar(query.execution_options(populate_existing=True))


def lock_battle(session: Session, battle_id: int) -> Battle:
    """Return the battle and lock it: others who want to change it wait."""
    return session.get_one(Battle, battle_id, with_for_update=True)


def load_fully(session: Session, battle: Battle) -> Battle:
    """Return `battle` with its contenders, turns, replies and vote loaded, for use after the session."""
    query = select(Battle).where(Battle.id == battle.id).options(*WITH_EVERYTHING)
    return session.scalars(query.execution_options(populate_existing=True)).one()


def newest_open_battle(session: Session, voter: VoterKey) -> Handle | None:
    """Return the handle of the voter's newest battle if it is open."""
    query = select(Battle.handle, Battle.status).join(Battle.voter).where(Voter.key == voter)
    row = session.execute(query.order_by(Battle.id.desc()).limit(1)).first()
    return Handle(row.handle) if row and row.status is BattleStatus.OPEN else None


def active_slugs(session: Session) -> Sequence[str]:
    """Return the slugs of contenders that may be drawn, sorted: active ones that do not rest."""
    drawable = (Contender.status == ContenderStatus.ACTIVE, Contender.cooling_until.is_(None))
    query = select(Contender.slug).where(*drawable)
    return session.scalars(query.order_by(Contender.slug)).all()


def contender_id(session: Session, slug: str) -> int:
    """Return the id of the contender with this slug."""
    return session.scalars(select(Contender.id).where(Contender.slug == slug)).one()


def voter_id(session: Session, key: VoterKey, *, now: datetime) -> int:
    """Return the id of the voter with this key; add the voter on the first visit."""
    session.execute(_insert_or_ignore(session, Voter).values(key=key, first_seen_at=now))
    return session.scalars(select(Voter.id).where(Voter.key == key)).one()


def interrupt_replies(session: Session, battle_id: int) -> None:
    """Mark the unfinished replies of a battle as interrupted, after the process that wrote them has ended."""
    turns = select(Turn.id).where(Turn.battle_id == battle_id)
    streaming = (Reply.turn_id.in_(turns), Reply.status == ReplyStatus.STREAMING)
    session.execute(update(Reply).where(*streaming).values(status=ReplyStatus.INTERRUPTED))


def interrupt_all_replies(session: Session) -> int:
    """Mark all unfinished replies as interrupted, since no process writes any; return how many there were."""
    left = update(Reply).where(Reply.status == ReplyStatus.STREAMING).values(status=ReplyStatus.INTERRUPTED)
    return session.connection().execute(left).rowcount


def _insert_or_ignore(session: Session, table: type[Voter]) -> Insert:
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def store_texts(session: Session, texts: Mapping[int, str]) -> None:
    """Store the text so far of replies, by their ids. A reply that has ended meanwhile is left alone."""
    query = (
        update(Reply)
        .where(Reply.id == bindparam("reply_id"), Reply.status == ReplyStatus.STREAMING)
        .values(text=bindparam("so_far"))
    )
    rows = [{"reply_id": reply_id, "so_far": text} for reply_id, text in texts.items()]
    session.connection().execute(query, rows)


def voted_battles(session: Session, *where: ColumnElement[bool]) -> Iterator[Sequence[Battle]]:
    """Yield the battles with a vote that match `where`, in batches and in order, loaded by `WITH_VOTE`.

    The session drops a batch when the next one is requested.
    """
    last = 0
    while batch := next_voted_battles(session, last, *where):
        yield batch
        last = batch[-1].id
        session.expunge_all()


def next_voted_battles(session: Session, last: int, *where: ColumnElement[bool]) -> Sequence[Battle]:
    """Return the batch of `voted_battles` after the battle with id `last`; each batch may have its own session."""
    query = select(Battle).join(Battle.vote).where(Vote.battle_id > last, *where)
    return session.scalars(query.order_by(Vote.battle_id).limit(BATCH).options(*WITH_VOTE)).all()


def status_history(session: Session) -> list[StatusNote]:
    """Return every change of a contender's status, the newest first."""
    columns = (Contender.slug, Contender.label, StatusChange.status, StatusChange.at, StatusChange.reason)
    query = select(*columns).join(Contender, Contender.id == StatusChange.contender_id)
    return [StatusNote(*row) for row in session.execute(query.order_by(StatusChange.id.desc()))]


def last_check(session: Session, contender_id: int, *, fingerprint: str | None = None) -> Check | None:
    """Return a contender's last check, or None; with `fingerprint`, the last one of that version."""
    query = select(Check).where(Check.contender_id == contender_id)
    if fingerprint is not None:
        query = query.where(Check.fingerprint == fingerprint)
    return session.scalar(query.order_by(Check.id.desc()).limit(1))


def lock_contenders(session: Session) -> None:
    """Lock all contenders against changes by others until this session's transaction ends."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        session.execute(text("LOCK TABLE contenders IN SHARE ROW EXCLUSIVE MODE"))


def contender_slugs(session: Session) -> dict[int, str]:
    """Return the slug of each contender by its id, in the order of the slugs."""
    return dict(session.execute(select(Contender.id, Contender.slug).order_by(Contender.slug)).all())


def all_contenders(session: Session) -> Sequence[Contender]:
    """Return all contenders, the oldest first."""
    return session.scalars(select(Contender).order_by(Contender.id)).all()


def endpoints_in_use(session: Session) -> Sequence[Row[Any]]:
    """Return (slug, options, api_key_env, key_file, max_concurrent) of the contenders that are not retired.

    Nothing comes back where none of them states a limit.
    """
    columns = (
        Contender.slug,
        Contender.options,
        Contender.api_key_env,
        Contender.key_file,
        Contender.max_concurrent,
    )
    # This is read before every reply, and without any limit there is nothing to share.
    other = aliased(Contender)
    limited = exists().where(other.max_concurrent.is_not(None), other.status != ContenderStatus.RETIRED)
    query = select(*columns).where(Contender.status != ContenderStatus.RETIRED, limited)
    return session.execute(query.order_by(Contender.id)).all()


def contenders_as_stored(session: Session) -> Sequence[Row[Any]]:
    """Return a value that changes whenever a contender's row does: the rows, or PostgreSQL's versions of them."""
    rows, versions = "SELECT * FROM contenders ORDER BY id", "SELECT id, xmin::text FROM contenders ORDER BY id"
    return session.execute(text(rows if session.get_bind().dialect.name == "sqlite" else versions)).all()


def with_bases(session: Session, contenders: Iterable[Contender]) -> list[Contender]:
    """Return `contenders` and all registered contenders that they were made from, in every version."""
    found = {contender.slug: contender for contender in contenders}
    asked: set[str] = set()
    while bases := {contender.base for contender in found.values() if contender.base} - asked:
        asked |= bases
        versions = [Contender.slug.like(f"{base}@%") for base in bases]
        rows = session.scalars(select(Contender).where(or_(Contender.slug.in_(bases), *versions)))
        found |= {contender.slug: contender for contender in rows}
    return list(found.values())


def ranked_contenders(session: Session) -> Sequence[Contender]:
    """Return the contenders that belong on a board, all but candidates, with the columns that a board shows."""
    shown = load_only(
        Contender.slug,
        Contender.label,
        Contender.organisation,
        Contender.licence,
        Contender.lineage,
        Contender.status,
        Contender.base,
        Contender.relation,
        Contender.weight_type,
        Contender.licences,
    )
    query = select(Contender).where(Contender.status != ContenderStatus.CANDIDATE)
    return session.scalars(query.order_by(Contender.slug).options(shown)).all()
