"""Tallies in the database, by slice, by day and in total.

Every transaction that changes which votes count updates them, and holds one lock until it commits. So no vote is
committed between reading the votes and changing their tallies, and revisions are committed in order: a reader who asks
for everything after the last revision seen misses nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Date, Row, Select, bindparam, cast, func, literal, select, tuple_, union_all
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from arena.db.consent_tables import ErasedTally
from arena.db.session import Database
from arena.db.tables import Battle, Contender, Label, Slice, Tally, Total, Vote
from leaderboard import Verdict

LEFT, RIGHT = aliased(Contender), aliased(Contender)
COUNTING_LOCK = 7_421_001  # any number, the same in every arena process
UNLABELLED = 1  # the slice of votes without a label
CELL = (Total.left_id, Total.right_id, Total.verdict)


@dataclass(frozen=True, slots=True)
class Selection:
    """The votes that a board is about. An empty field selects all; `since` is the first day."""

    category: str = ""
    language: str = ""
    mode: str = ""
    since: date | None = None

    @property
    def slices(self) -> Select[*tuple[Any, ...]] | None:
        """The ids of the selected slices, or None for all."""
        words = {name: word for name in ("category", "language", "mode") if (word := getattr(self, name))}
        return select(Slice.id).filter_by(**words) if words else None


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Delta:
    """A change of one cell of the tallies by `count` votes, which may be negative."""

    day: date
    left_id: int
    right_id: int
    verdict: Verdict
    count: int = 1
    slice_id: int = UNLABELLED

    @classmethod
    def of(cls, battle: Battle, vote: Vote, *, slice_id: int = UNLABELLED) -> "Delta":
        """Return the change by one new vote."""
        sides = (battle.contender_a_id, battle.contender_b_id)
        return cls(vote.cast_at.date(), *sides, vote.verdict, slice_id=slice_id)


@dataclass(frozen=True, slots=True)
class Difference:
    """A tally that differed from the votes. `day` is None for a total of all days."""

    day: date | None
    left: str
    right: str
    verdict: Verdict
    slice_id: int
    stored: int
    counted: int


def lock(session: Session) -> None:
    """Lock the tallies against changes by others until this session's transaction ends."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer anyway
        session.execute(select(func.pg_advisory_xact_lock(COUNTING_LOCK)))


def add(session: Session, deltas: Sequence[Delta]) -> None:
    """Add changes to the daily tallies and to the totals."""
    if not deltas:
        return
    lock(session)
    _add_to_days(session, deltas)
    _add_to_totals(session, deltas)


def changes(
    session: Session, *, since: int, selection: Selection = EVERYTHING
) -> Sequence[Row[str, str, Verdict, int, int]]:
    """Return (left slug, right slug, verdict, count, revision) of the cells that changed after revision `since`.

    A count is over all slices of the selection and over all days: `selection.since` is ignored.
    """
    return session.execute(_changes(selection, whole=not since), {"since": since} if since else {}).all()


@lru_cache  # needed after every vote, and building the statement takes as long as running it
def _changes(selection: Selection, *, whole: bool) -> Select[*tuple[Any, ...]]:
    chosen = () if selection.slices is None else (Total.slice_id.in_(selection.slices),)
    sums = select(*CELL, func.sum(Total.count).label("count"), func.max(Total.revision).label("revision"))
    if not whole:
        changed = select(*CELL).where(Total.revision > bindparam("since"), *chosen)
        chosen = (*chosen, tuple_(*CELL).in_(changed))
    return _named(sums.where(*chosen).group_by(*CELL))


def in_period(
    session: Session, selection: Selection, *, until: date | None = None
) -> list[tuple[str, str, Verdict, int]]:
    """Return (left slug, right slug, verdict, count) of the selected votes, from its first day until before `until`."""
    cells = (Tally.left_id, Tally.right_id, Tally.verdict)
    sums = select(*cells, func.sum(Tally.count).label("count")).group_by(*cells)
    if selection.since is not None:
        sums = sums.where(Tally.day >= selection.since)
    if until is not None:
        sums = sums.where(Tally.day < until)
    if selection.slices is not None:
        sums = sums.where(Tally.slice_id.in_(selection.slices))
    return [(left, right, verdict, count) for left, right, verdict, count in session.execute(_named(sums))]


def slices(session: Session) -> Sequence[Row[str, str, str, int]]:
    """Return (category, language, mode, votes) of the slices that have votes, the largest first."""
    votes = func.sum(Total.count)
    query = select(Slice.category, Slice.language, Slice.mode, votes).join(Total, Total.slice_id == Slice.id)
    return session.execute(query.group_by(Slice.id).having(votes > 0).order_by(votes.desc(), Slice.id)).all()


def _named(sums: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Return `sums` with slugs in place of the sides' ids."""
    cells = sums.subquery()
    rest = [column for column in cells.c if column.name not in {"left_id", "right_id"}]
    query = select(LEFT.slug, RIGHT.slug, *rest)
    return query.join(LEFT, LEFT.id == cells.c.left_id).join(RIGHT, RIGHT.id == cells.c.right_id)


def counting(session: Session, *where: ColumnElement[bool]) -> list[Delta]:
    """Return the number of votes that match `where`, by cell of the tallies."""
    sides = (Battle.contender_a_id, Battle.contender_b_id)
    slice_ = func.coalesce(Label.slice_id, UNLABELLED)
    cells = (utc_day(session, Vote.cast_at), *sides, Vote.verdict, slice_)
    query = select(*cells[:-1], func.count(), slice_).join(Battle, Battle.id == Vote.battle_id)
    query = query.outerjoin(Label, Label.battle_id == Vote.battle_id).where(*where).group_by(*cells)
    return [Delta(*row) for row in session.execute(query)]


def rebuild(
    database: Database, *, note: Callable[[Session, tuple[Difference, ...]], object] | None = None
) -> tuple[Difference, ...]:
    """Recount all votes, correct the tallies that differ, and return the differences.

    Voters wait only if something must be corrected. `note` is called in the transaction of the correction.
    """
    with database.reading() as session:
        if not _differences(session, Tally) and not _differences(session, Total):
            return ()
    with database.writing() as session:
        lock(session)
        days, totals = _differences(session, Tally), _differences(session, Total)
        _add_to_days(session, [_correction(row, row.day) for row in days])
        # Totals have no day, so the delta's day is ignored.
        _add_to_totals(session, [_correction(row, date.min) for row in totals])
        slugs = dict(session.execute(select(Contender.id, Contender.slug)).all())
        found = tuple(
            Difference(
                day=getattr(row, "day", None),
                left=slugs[row.left_id],
                right=slugs[row.right_id],
                verdict=row.verdict,
                slice_id=row.slice_id,
                stored=row.stored,
                counted=row.counted,
            )
            for row in (*days, *totals)
        )
        if found and note:
            note(session, found)
    return found


def utc_day(session: Session, moment: InstrumentedAttribute[object]) -> ColumnElement[date]:
    """Return the day of a stored time, in UTC."""
    if session.get_bind().dialect.name == "sqlite":
        return func.date(moment, type_=Date())
    return cast(func.timezone("UTC", moment), Date)


def _differences(session: Session, table: type[Tally | Total]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return key, `stored` and `counted` of each cell in which votes and tallies differ."""
    names = [column.name for column in table.__table__.primary_key]
    sides = union_all(_votes(session, names), _erased(names), _stored(table, names)).subquery()
    cells = [sides.c[name] for name in names]
    stored, counted = func.sum(sides.c.stored), func.sum(sides.c.counted)
    query = select(*cells, stored.label("stored"), counted.label("counted"))
    return session.execute(query.group_by(*cells).having(stored != counted).order_by(*cells)).all()


def _correction(row: Row[*tuple[Any, ...]], day: date) -> Delta:
    return Delta(day, row.left_id, row.right_id, row.verdict, row.counted - row.stored, row.slice_id)


def _votes(session: Session, names: Iterable[str]) -> Select[*tuple[Any, ...]]:
    columns: dict[str, Any] = {
        "day": utc_day(session, Vote.cast_at),
        "left_id": Battle.contender_a_id,
        "right_id": Battle.contender_b_id,
        "verdict": Vote.verdict,
        "slice_id": func.coalesce(Label.slice_id, UNLABELLED),
    }
    cells = [columns[name].label(name) for name in names]
    query = select(*cells, literal(0).label("stored"), literal(1).label("counted"))
    query = query.join(Battle, Battle.id == Vote.battle_id).outerjoin(Label, Label.battle_id == Vote.battle_id)
    return query.where(Vote.excluded == "")


def _erased(names: Iterable[str]) -> Select[*tuple[Any, ...]]:
    """Return the votes that count although they were erased; only their tallies are left."""
    return select(*(ErasedTally.__table__.c[name] for name in names), literal(0), ErasedTally.count)


def _stored(table: type[Tally | Total], names: Iterable[str]) -> Select[*tuple[Any, ...]]:
    return select(*(table.__table__.c[name] for name in names), table.count, literal(0))


def _add_to_days(session: Session, deltas: Sequence[Delta]) -> None:
    _add(session, Tally, [asdict(delta) for delta in deltas])


def _add_to_totals(session: Session, deltas: Sequence[Delta]) -> None:
    rows = [asdict(delta) for delta in deltas]
    for row in rows:
        del row["day"]
    next_ = select(func.coalesce(func.max(Total.revision), 0) + 1).scalar_subquery()
    _add(session, Total, rows, revision=next_)


def _add(session: Session, table: type[Tally | Total], rows: Sequence[dict[str, object]], **same: object) -> None:
    if not rows:
        return
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table).values(same)
    new = {"count": table.count + statement.excluded.count} | {name: statement.excluded[name] for name in same}
    session.connection().execute(
        statement.on_conflict_do_update(index_elements=list(table.__table__.primary_key), set_=new), rows
    )
