"""Figures for maintainers: recent failures, latencies and costs of each contender."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from arena.battles.budgets import account_of
from arena.clock import now
from arena.db.queries import all_contenders, last_check
from arena.db.session import Database, Session
from arena.db.states import ReplyStatus
from arena.db.tables import Contender, Spending
from arena.operations import queries

TIMEOUTS = {"first_token_timeout", "stalled", "total_timeout"}


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Median and 95th percentile of times, in seconds."""

    median: float
    p95: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures on one contender.

    Attributes:
        slug: the contender's.
        status: the contender's.
        rests_until: end of the rest after repeated failures; None where it does not rest.
        rests: number of rests in a row.
        finished: number of finished replies.
        failures: replies that failed, by kind.
        first_token_s: the wait for the first text, without the time in the queue.
        whole_s: the wait for the end of finished replies, without the time in the queue.
        queued: number of replies that waited for a place.
        usd: cost of the replies whose price is known, in US dollars.
        usd_today: US dollars spent or reserved since midnight (UTC), if the contender has a budget.
        usd_per_day: that budget.
        checked_at: time of the last check, None where there was none.
        passed: whether the last check passed.
        last_error: what was said of its latest failed reply, empty where none failed.
        last_error_at: when that reply was begun.
    """

    slug: str
    status: str
    rests_until: datetime | None
    rests: int
    finished: int
    failures: Mapping[str, int] = field(default_factory=dict)
    first_token_s: Quantiles | None = None
    whole_s: Quantiles | None = None
    queued: int = 0
    usd: float = 0.0
    usd_today: float = 0.0
    usd_per_day: float | None = None
    checked_at: datetime | None = None
    passed: bool = False
    last_error: str = ""
    last_error_at: datetime | None = None

    @property
    def failed(self) -> int:
        """Number of failed replies."""
        return sum(self.failures.values())

    @property
    def timeouts(self) -> int:
        """Number of failed replies that were too slow."""
        return sum(self.failures.get(kind, 0) for kind in TIMEOUTS)


def recent_figures(database: Database, *, days: float) -> tuple[Figures, ...]:
    """Return the figures on all contenders over the last `days`, the oldest contender first."""
    since = now() - timedelta(days=days)
    with database.reading() as session:
        return tuple(_figures(session, contender, since) for contender in all_contenders(session))


def _figures(session: Session, contender: Contender, since: datetime) -> Figures:
    counts = queries.reply_counts(session, contender.id, since=since)
    begun = queries.reply_times(session, contender.id, since=since)
    whole = [row for row in begun if row.status is ReplyStatus.FINISHED]
    check = last_check(session, contender.id)
    today = session.get(Spending, (now().date(), account_of(contender)))
    last = next(iter(queries.last_failures(session, contender.id, number=1)), None)
    return Figures(
        slug=contender.slug,
        status=contender.status.value,
        rests_until=contender.cooling_until,
        rests=contender.cooldowns,
        finished=sum(count for status, _, count in counts if status is ReplyStatus.FINISHED),
        failures={failure: count for status, failure, count in counts if status is ReplyStatus.FAILED},
        first_token_s=_quantiles([row.first_token_s - (row.queued_s or 0.0) for row in begun]),
        whole_s=_quantiles([row.duration_s - (row.queued_s or 0.0) for row in whole if row.duration_s]),
        queued=sum(row.queued_s is not None and row.queued_s > 0.01 for row in begun),
        usd=queries.usd_of_replies(session, contender.id, since=since),
        usd_today=today.usd if today else 0.0,
        usd_per_day=contender.usd_per_day,
        checked_at=check.at if check else None,
        passed=bool(check and check.passed),
        last_error=last.failure_detail if last else "",
        last_error_at=last.started_at if last else None,
    )


def _quantiles(values: Sequence[float]) -> Quantiles | None:
    if not values:
        return None
    median, p95 = np.quantile(values, [0.5, 0.95])
    return Quantiles(float(median), float(p95))
