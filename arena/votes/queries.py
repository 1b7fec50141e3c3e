"""Database queries of votes. Each takes a session and returns rows or plain values; none commits."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from arena.db import tallies
from arena.db.states import SIDES
from arena.db.tables import Battle, Exclusion, Label, Slice, Turn, Vote
from leaderboard import Verdict

PROMPT_ROWS = 20_000  # rows with prompts that are read at a time
STYLE_ROWS = 50_000
COUNTS = Vote.excluded == ""
# (id of contender a, id of contender b, verdict, id of the voter, first prompt, probability of drawing the pair)
CountedVote = tuple[int, int, Verdict, int, str, float]


def counted_votes(session: Session, *, newest: int | None = None) -> Iterator[CountedVote]:
    """Yield the votes that count, from the newest battle to the oldest; at most `newest` of them, if given."""
    columns = (Battle.contender_a_id, Battle.contender_b_id, Vote.verdict, Vote.voter_id, Turn.prompt)
    query = select(*columns, Battle.probability).join(Vote, Vote.battle_id == Battle.id)
    query = query.join(Turn, and_(Turn.battle_id == Battle.id, Turn.position == 1)).where(COUNTS)
    query = query.order_by(Battle.id.desc()).limit(newest).execution_options(yield_per=PROMPT_ROWS)
    yield from session.execute(query)


def labelled_votes(session: Session, features: Iterable[str]) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Yield the votes that count and have a label, in the order of their battles and in large batches.

    Each is (id of contender a, id of contender b, verdict, then each feature of the label for a and for b).
    """
    style = [getattr(Label, f"{feature}_{side}") for feature in features for side in SIDES]
    query = select(Battle.contender_a_id, Battle.contender_b_id, Vote.verdict, *style)
    query = query.join(Vote, Vote.battle_id == Battle.id).join(Label, Label.battle_id == Battle.id)
    query = query.where(COUNTS).order_by(Battle.id)
    yield from session.execute(query.execution_options(yield_per=STYLE_ROWS)).partitions()


def shared_by_labelled_votes(session: Session) -> Iterator[tuple[int, str]]:
    """Yield the voter's id and the first prompt of each vote that `labelled_votes` yields, in the same order."""
    query = select(Vote.voter_id, Turn.prompt).join(Battle, Vote.battle_id == Battle.id)
    query = query.join(Label, Label.battle_id == Battle.id)
    query = query.join(Turn, and_(Turn.battle_id == Battle.id, Turn.position == 1)).where(COUNTS).order_by(Battle.id)
    yield from session.execute(query.execution_options(yield_per=PROMPT_ROWS))


def voters_by_battle(session: Session, battles: Sequence[int]) -> dict[int, int]:
    """Return the voter's id for each of `battles` that has a vote, by the battle's id."""
    query = select(Vote.battle_id, Vote.voter_id).where(Vote.battle_id.in_(battles))
    return dict(session.execute(query).all())


def voters_with_votes(session: Session, voters: Sequence[int]) -> set[int]:
    """Return the ids of those of `voters` that have cast a vote."""
    return set(session.scalars(select(Vote.voter_id).where(Vote.voter_id.in_(voters))))


def exclude(
    session: Session, *, battles: Sequence[int], voters: Sequence[int], reason: str, at: datetime
) -> list[tallies.Delta]:
    """Exclude those votes of these battles and voters that count; return their number by cell of the tallies."""
    return _mark(session, _chosen(battles, voters), COUNTS, excluded=reason, excluded_at=at)


def restore(session: Session, *, battles: Sequence[int], voters: Sequence[int]) -> list[tallies.Delta]:
    """Restore those votes of these battles and voters that are excluded; return their number by cell of the tallies."""
    return _mark(session, _chosen(battles, voters), ~COUNTS, excluded="", excluded_at=None)


def all_exclusions(session: Session) -> Sequence[Exclusion]:
    """Return the log of all exclusions and restorations, the oldest first."""
    return session.scalars(select(Exclusion).order_by(Exclusion.id)).all()


def excluded_by_reason(session: Session) -> dict[str, int]:
    """Return how many votes are excluded now for each reason, in the order of the reasons."""
    query = select(Vote.excluded, func.count()).where(~COUNTS).group_by(Vote.excluded).order_by(Vote.excluded)
    return dict(session.execute(query).all())


def slice_id(session: Session, *, category: str, language: str, mode: str) -> int:
    """Return the id of this slice; add it if it does not exist yet."""
    values = {"category": category, "language": language, "mode": mode}
    found = select(Slice.id).filter_by(**values)
    known = session.scalar(found)
    if known is not None:
        return known
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    session.execute(dialect.insert(Slice).values(values).on_conflict_do_nothing())
    return session.scalars(found).one()


def _chosen(battles: Sequence[int], voters: Sequence[int]) -> ColumnElement[bool]:
    return or_(Vote.battle_id.in_(battles), Vote.voter_id.in_(voters))


def _mark(session: Session, *where: ColumnElement[bool], **values: object) -> list[tallies.Delta]:
    """Set `values` on the votes that match `where`; return their number by cell of the tallies."""
    deltas = tallies.counting(session, *where)
    session.connection().execute(update(Vote).where(*where).values(values))
    return deltas
