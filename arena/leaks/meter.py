"""The leak meter: measures a month, keeps the figures, and gives them to the page and the command."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from arena.clock import now
from arena.db.leak_tables import LeakMeasurement
from arena.db.queries import contender_slugs
from arena.db.session import Database
from arena.errors import BadConfiguration
from arena.leaks import queries
from arena.leaks.channels import CHANNELS, SeenReply
from arena.leaks.recognition import Recognised, recognise

# With fewer, an interval would be wider than what is to be seen.
FEWEST_REPLIES = 60
FEWEST_PROMPTS = 40
FEWEST_CONTENDERS = 2
MOST_REPLIES = 300  # of each contender; more would take longer and narrow little


@dataclass(frozen=True, slots=True)
class LeakReport:
    """The figures of a month, by contender and channel.

    Attributes:
        month: such as 2026-11.
        recognised: by slug and channel; of contenders with enough replies.
        too_few: how many replies each of the others has.
    """

    month: str
    recognised: Mapping[str, Mapping[str, Recognised]]
    too_few: Mapping[str, int]

    @property
    def is_measured(self) -> bool:
        """Whether there was enough to measure anything."""
        return bool(self.recognised)


@dataclass(frozen=True, slots=True)
class LeakRow:
    """A contender's figures in a month, by channel, for the page."""

    month: str
    slug: str
    label: str
    channels: Mapping[str, Recognised]


class LeakMeter:
    """Measures how well the contenders of an arena are recognised before the vote."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def measure(self, month: str) -> LeakReport:
        """Measure a month, keep the figures in place of earlier ones, and return them. It takes a minute at most.

        Raises:
            BadConfiguration: `month` is no month.
            DatabaseUnavailable: the replies cannot be read.
        """
        report = report_of(month, self._seen(month))
        with self._database.writing() as session:
            ids = {slug: id_ for id_, slug in contender_slugs(session).items()}
            rows = [
                LeakMeasurement(
                    month=month,
                    contender_id=ids[slug],
                    channel=channel,
                    share=found.share,
                    lower=found.lower,
                    upper=found.upper,
                    replies=found.replies,
                    others=found.others,
                    measured_at=now(),
                )
                for slug, channels in report.recognised.items()
                for channel, found in channels.items()
            ]
            queries.store_measurements(session, month, rows)
        return report

    def is_measured(self, month: str) -> bool:
        """Return whether a month has figures."""
        with self._database.reading() as session:
            return queries.has_measurements(session, month)

    def rows(self, *, months: int) -> list[LeakRow]:
        """Return the figures of the newest measured months, the newest first."""
        found: defaultdict[tuple[str, str, str], dict[str, Recognised]] = defaultdict(dict)
        with self._database.reading() as session:
            for one, slug, label in queries.measurements(session, months=months):
                figures = Recognised(one.share, one.lower, one.upper, one.replies, one.others)
                found[one.month, slug, label][one.channel] = figures
        return [LeakRow(*key, channels) for key, channels in found.items()]

    def _seen(self, month: str) -> list[SeenReply]:
        begin, end = bounds_of(month)
        with self._database.reading() as session:
            return [SeenReply(*row) for row in queries.replies_between(session, begin, end)]


def report_of(month: str, seen: Sequence[SeenReply]) -> LeakReport:
    """Return how well the writers of `seen` replies are recognised, through each channel."""
    by_writer: defaultdict[str, list[SeenReply]] = defaultdict(list)
    for reply in seen:
        by_writer[reply.contender].append(reply)
    enough = {slug: replies for slug, replies in by_writer.items() if _is_enough(replies)}
    if len(enough) < FEWEST_CONTENDERS:
        enough = {}
    chosen = [reply for replies in enough.values() for reply in _sample(replies)]
    recognised: dict[str, dict[str, Recognised]] = {slug: {} for slug in enough}
    if chosen:
        writers, prompts = [one.contender for one in chosen], [_same(one.prompt) for one in chosen]
        for channel, features in CHANNELS.items():
            for slug, figures in recognise(features(chosen), writers, prompts).items():
                recognised[slug][channel] = figures
    too_few = {slug: len(replies) for slug, replies in sorted(by_writer.items()) if slug not in enough}
    return LeakReport(month, recognised, too_few)


def bounds_of(month: str) -> tuple[datetime, datetime]:
    """Return the first moment of a month, in UTC, and that of the next.

    Raises:
        BadConfiguration: `month` is no month.
    """
    try:
        begin = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise BadConfiguration(f"`{month[:20]}` is no month.", hint="Write it like 2026-11.") from None
    later = begin.year * 12 + begin.month  # counted from 0, this is the next month
    return begin, begin.replace(year=later // 12, month=later % 12 + 1)


def month_of(moment: datetime) -> str:
    """Return the month of a moment, such as 2026-11."""
    return moment.astimezone(UTC).strftime("%Y-%m")


def month_before(moment: datetime) -> str:
    """Return the month before that of a moment."""
    earlier = moment.year * 12 + moment.month - 2
    return f"{earlier // 12:04}-{earlier % 12 + 1:02}"


def _is_enough(replies: Sequence[SeenReply]) -> bool:
    return len(replies) >= FEWEST_REPLIES and len({_same(one.prompt) for one in replies}) >= FEWEST_PROMPTS


def _same(prompt: str) -> str:
    return " ".join(prompt.casefold().split())


def _sample(replies: Sequence[SeenReply]) -> list[SeenReply]:
    """Return at most `MOST_REPLIES`, chosen by their prompts, so that the same month gives the same figures."""
    by_hash = sorted(replies, key=lambda one: hashlib.sha256(one.prompt.encode()).digest())
    return by_hash[:MOST_REPLIES]
