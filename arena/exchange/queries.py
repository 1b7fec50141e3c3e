"""Database queries of the exchange. Each takes a session and returns rows or plain values; none commits."""

from collections.abc import Iterator, Sequence

from sqlalchemy import ColumnElement, and_, exists, false, or_, select
from sqlalchemy.orm import Session

from arena.db import queries
from arena.db.consent_tables import Permission
from arena.db.states import BattleStatus
from arena.db.tables import Battle, BenchmarkResult, Label, Reply, Series, SeriesTally, Slice, Turn, Vote
from arena.moderation.moderation import ModerationOutcome
from arena.voters.queries import texts_permitted
from leaderboard import Verdict

FLAGGED = ModerationOutcome.FLAGGED


def publishable_numbers(session: Session, *, with_excluded: bool) -> Sequence[int]:
    """Return the numbers of the battles with a vote, without those that moderation flagged.

    A flag also counts if it came after the vote. Excluded votes are left out unless `with_excluded`; a vote whose voter
    does not allow its use is always left out.
    """
    flagged_reply = and_(Reply.moderation == FLAGGED, Reply.attempt == Turn.attempt)
    where = [~Battle.turns.any(or_(Turn.moderation == FLAGGED, Turn.replies.any(flagged_reply)))]
    where.append(~exists().where(Permission.battle_id == Vote.battle_id, ~Permission.vote))
    if not with_excluded:
        where.append(Vote.excluded == "")
    query = select(Vote.battle_id).join(Battle, Battle.id == Vote.battle_id).where(*where)
    return session.scalars(query.order_by(Vote.battle_id)).all()


def battles_to_publish(session: Session, numbers: Sequence[int]) -> Iterator[tuple[Sequence[Battle], set[int]]]:
    """Yield the battles with these numbers, in their order and in batches, each with those whose texts may leave.

    Battles are loaded by `arena.db.queries.WITH_VOTE`. The session drops a batch when the next one is requested.
    """
    for start in range(0, len(numbers), queries.BATCH):
        batch = numbers[start : start + queries.BATCH]
        query = select(Battle).where(Battle.id.in_(batch)).options(*queries.WITH_VOTE)
        found = {battle.id: battle for battle in session.scalars(query)}
        yield [found[number] for number in batch], texts_permitted(session, batch)
        session.expunge_all()


def voted_battle(session: Session, battle_id: int) -> Battle | None:
    """Return one battle that was voted on, loaded by `arena.db.queries.WITH_VOTE`, or None."""
    query = select(Battle).join(Battle.vote).where(Battle.id == battle_id, Battle.status == BattleStatus.VOTED)
    return session.scalar(query.options(*queries.WITH_VOTE))


def newest_battles(
    session: Session,
    *,
    a: int | None,
    b: int | None,
    outcome: str,
    category: str,
    before: int | None,
    limit: int,
) -> Sequence[Battle]:
    """Return the newest battles that were voted on, each loaded by `arena.db.queries.WITH_VOTE`.

    Args:
        session: reads the battles.
        a: the id of a contender in the battle, None for any.
        b: the id of its opponent, None for any.
        outcome: the outcome for `a`: "won", "lost", "tie", "both_bad", or empty for any.
        category: the category of the battle, empty for any.
        before: the id of a battle; only older ones are returned.
        limit: the highest number of battles to return.
    """
    query = select(Battle).join(Battle.vote).where(Battle.status == BattleStatus.VOTED)
    if a is not None:
        query = query.where(_of_pair(a, b, outcome))
    if category:
        query = query.join(Battle.label).join(Label.slice).where(Slice.category == category)
    if before is not None:
        query = query.where(Battle.id < before)
    return session.scalars(query.order_by(Battle.id.desc()).limit(limit).options(*queries.WITH_VOTE)).all()


def _of_pair(a: int, b: int | None, outcome: str) -> ColumnElement[bool]:
    left, right = [Battle.contender_a_id == a], [Battle.contender_b_id == a]
    if b is not None:
        left.append(Battle.contender_b_id == b)
        right.append(Battle.contender_a_id == b)
    if outcome:
        won_left, won_right = (Vote.verdict == Verdict.A, Vote.verdict == Verdict.B)
        tied = {"tie": Vote.verdict == Verdict.TIE, "both_bad": Vote.verdict == Verdict.BOTH_BAD}
        as_left = {"won": won_left, "lost": won_right} | tied
        as_right = {"won": won_right, "lost": won_left} | tied
        left.append(as_left.get(outcome, false()))
        right.append(as_right.get(outcome, false()))
    return or_(and_(*left), and_(*right))


def all_series(session: Session) -> Sequence[Series]:
    """Return all series of imported votes, the oldest first."""
    return session.scalars(select(Series).order_by(Series.id)).all()


def series_named(session: Session, name: str) -> Series | None:
    """Return the series of this name."""
    return session.scalar(select(Series).where(Series.name == name))


def series_names(session: Session) -> Sequence[str]:
    """Return the names of all series, sorted."""
    return session.scalars(select(Series.name).order_by(Series.name)).all()


def series_tallies(session: Session, series_id: int) -> Sequence[SeriesTally]:
    """Return the tallies of a series."""
    return session.scalars(select(SeriesTally).where(SeriesTally.series_id == series_id)).all()


def all_benchmark_results(session: Session) -> Sequence[BenchmarkResult]:
    """Return all imported figures, the oldest first, including those that newer ones replace."""
    return session.scalars(select(BenchmarkResult).order_by(BenchmarkResult.id)).all()


def has_benchmark_file(session: Session, *, sha256: str) -> bool:
    """Return whether the file with this hash was imported already."""
    return session.scalar(select(BenchmarkResult.id).where(BenchmarkResult.sha256 == sha256).limit(1)) is not None
