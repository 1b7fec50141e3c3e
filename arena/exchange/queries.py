"""Questions of the exchange to the database. Each takes a session and returns rows or plain values; none commits."""

from collections.abc import Iterator, Sequence

from sqlalchemy import and_, or_
from sqlalchemy.orm import Session

from arena.db import queries
from arena.db.tables import Battle, Reply, Turn, Vote
from arena.moderation.moderation import ModerationOutcome

FLAGGED = ModerationOutcome.FLAGGED


def publishable_battles(session: Session, *, with_excluded: bool) -> Iterator[Sequence[Battle]]:
    """Yield battles with a vote in batches (`arena.db.queries.voted_battles`), without those that moderation flagged.

    A flag keeps a battle back also where it came after the vote. Excluded votes come only if they are asked for.
    """
    flagged_reply = and_(Reply.moderation == FLAGGED, Reply.attempt == Turn.attempt)
    where = [~Battle.turns.any(or_(Turn.moderation == FLAGGED, Turn.replies.any(flagged_reply)))]
    if not with_excluded:
        where.append(Vote.excluded == "")
    return queries.voted_battles(session, *where)
