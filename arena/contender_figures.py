"""Figures for maintainers: how the contenders' endpoints have done lately."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from arena.battle_record import now
from arena.battle_view import ReplyStatus
from arena.db.session import Database
from arena.db.tables import Contender, Reply

TIMEOUTS = {"first_token_timeout", "stalled", "total_timeout"}


@dataclass(frozen=True, slots=True)
class Figures:
    """How one contender has done.

    Attributes:
        slug: which contender.
        status: where it stands.
        rests_until: not drawn before, because it kept failing; None where it does not rest.
        finished: whole replies.
        failures: replies that failed, by kind.
        first_token_s: median and 95th percentile of the wait for the first text, without the time in the queue.
        queued: replies that waited for a place.
        usd: what the replies cost, where prices are known.
    """

    slug: str
    status: str
    rests_until: datetime | None
    finished: int
    failures: Mapping[str, int] = field(default_factory=dict)
    first_token_s: tuple[float, float] | None = None
    queued: int = 0
    usd: float = 0.0

    @property
    def failed(self) -> int:
        """How many replies failed."""
        return sum(self.failures.values())

    @property
    def timeouts(self) -> int:
        """How many of them were too slow."""
        return sum(self.failures.get(kind, 0) for kind in TIMEOUTS)


def recent_figures(database: Database, *, days: float) -> tuple[Figures, ...]:
    """Return how all contenders have done in the last `days`, the oldest contender first."""
    since = now() - timedelta(days=days)
    with database.reading() as session:
        contenders = session.scalars(select(Contender).order_by(Contender.id)).all()
        return tuple(_figures(session, contender, since) for contender in contenders)


def _figures(session: Session, contender: Contender, since: datetime) -> Figures:
    mine = (Reply.contender_id == contender.id, Reply.started_at > since)
    query = select(Reply.status, Reply.failure, func.count()).where(*mine).group_by(Reply.status, Reply.failure)
    counts = session.execute(query).all()
    waits = select(Reply.first_token_s, Reply.queued_s).where(*mine, Reply.first_token_s.is_not(None))
    times = [(row.first_token_s - (row.queued_s or 0.0), row.queued_s) for row in session.execute(waits)]
    return Figures(
        slug=contender.slug,
        status=contender.status.value,
        rests_until=contender.cooling_until,
        finished=sum(count for status, _, count in counts if status is ReplyStatus.FINISHED),
        failures={failure: count for status, failure, count in counts if status is ReplyStatus.FAILED},
        first_token_s=_quantiles([wait for wait, _ in times]),
        queued=sum(queued is not None and queued > 0.01 for _, queued in times),
        usd=session.scalar(select(func.sum(Reply.usd)).where(*mine)) or 0.0,
    )


def _quantiles(values: Sequence[float]) -> tuple[float, float] | None:
    if not values:
        return None
    middle, high = np.quantile(values, [0.5, 0.95])
    return float(middle), float(high)
