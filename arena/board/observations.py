"""Observations: figures that a board shows beside its ratings and that tallies do not hold.

Counting replies and fitting style read every vote, so no page waits for them (arena.board.observer).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from arena.board import queries
from arena.board.queries import ReplySums
from arena.clock import now
from arena.db.queries import contender_slugs
from arena.db.session import Database, Session
from arena.db.tallies import Selection, in_period, slices
from arena.votes.prompt_labels import CATEGORIES
from arena.votes.queries import excluded_by_reason
from arena.votes.running_tallies import RunningTallies
from arena.votes.style_votes import StyleVotes
from leaderboard import Ranking, Tallies, rank
from leaderboard.categories import rate_category
from leaderboard.errors import NotEstimable
from leaderboard.estimate import Estimate, Measured
from leaderboard.position import left_advantage
from leaderboard.style import StyleFit

MOMENTS = 26  # the highest number of points in the history


@dataclass(frozen=True, slots=True)
class Activity:
    """Figures on a contender in all its battles that are over, voted or void; None where nothing is known.

    Open battles are left out: a figure that changes during a battle would reveal who answers in it.

    Attributes:
        battles: number of its battles.
        replies: number of its finished and failed replies; those that a voter stopped are left out.
        failure_rate: share of failed ones among these.
        length: mean characters of a finished reply.
        speed: characters a second, while writing.
        usd_per_1k: US dollars for a thousand replies, by those whose cost is known.
        wh_per_1k_low, wh_per_1k_high: watt-hours for a thousand replies, by those whose energy is known.
    """

    battles: int = 0
    replies: int = 0
    failure_rate: float | None = None
    length: float | None = None
    speed: float | None = None
    usd_per_1k: float | None = None
    wh_per_1k_low: float | None = None
    wh_per_1k_high: float | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """The ratings by all votes up to the end of a day."""

    day: date
    ranking: Ranking


@dataclass(frozen=True, slots=True)
class Observations:
    """All observations of one look at the database.

    Attributes:
        activity: by slug, of all contenders.
        num_battles: battles that are over, voted or void.
        style: ratings at equal style; None if the labelled votes are too few or cannot compare any two contenders.
        style_votes: number of votes behind `style`.
        position: advantage of the left side, in Elo; None if the votes cannot determine it.
        history: oldest first.
        categories: ratings by category, shrunk toward the overall ones, of categories with votes.
        category_votes: number of votes by category.
        exclusions: number of votes that are excluded now, by reason.
    """

    as_of: datetime
    activity: Mapping[str, Activity]
    num_battles: int
    style: StyleFit | None
    style_votes: int
    position: Measured | None
    history: tuple[Moment, ...]
    categories: Mapping[str, Estimate]
    category_votes: Mapping[str, int]
    exclusions: Mapping[str, int]

    def controlled(self, contender: str) -> float | None:
        """Return a contender's rating at equal style, or None."""
        if self.style is None or contender not in self.style.controlled.contenders:
            return None
        return float(self.style.controlled.ratings[self.style.controlled.contenders.index(contender)])


def observe(database: Database) -> Observations:
    """Read all votes and replies, and return the observations.

    Raises:
        DatabaseUnavailable: they cannot be read.
    """
    with database.reading() as session:
        slugs = contender_slugs(session)
        overall = RunningTallies().read(session)
        style_votes = StyleVotes.read(session)
        activity, num_battles = _activity(session, slugs)
        history = tuple(_history(session))
        by_category = _by_category(session)
        exclusions = excluded_by_reason(session)
    return Observations(
        as_of=now(),
        activity=activity,
        num_battles=num_battles,
        style=style_votes.fit(),
        style_votes=len(style_votes),
        position=_position(overall),
        history=history,
        categories=_categories(overall, by_category),
        category_votes={name: tallies.num_votes for name, tallies in by_category.items()},
        exclusions=exclusions,
    )


def _activity(session: Session, slugs: Mapping[int, str]) -> tuple[dict[str, Activity], int]:
    battles = dict.fromkeys(slugs, 0)
    for a, b, count in queries.battles_over(session):
        battles[a] += count
        battles[b] += count
    replies = queries.reply_sums(session)
    return (
        {slug: _did(battles[id_], replies.get(id_, ReplySums())) for id_, slug in slugs.items()},
        sum(battles.values()) // 2,
    )


def _did(battles: int, sums: ReplySums) -> Activity:
    replies = sums.finished + sums.failed
    return Activity(
        battles=battles,
        replies=replies,
        failure_rate=sums.failed / replies if replies else None,
        length=float(sums.characters) / sums.finished if sums.characters and sums.finished else None,
        speed=float(sums.timed_characters) / sums.seconds if sums.timed_characters and sums.seconds else None,
        usd_per_1k=_for_1k(sums.usd),
        wh_per_1k_low=_for_1k(sums.wh_low),
        wh_per_1k_high=_for_1k(sums.wh_high),
    )


def _for_1k(mean: float | None) -> float | None:
    return None if mean is None else 1000 * float(mean)


def _position(overall: Tallies) -> Measured | None:
    try:
        return left_advantage(overall)
    except (NotEstimable, ArithmeticError):
        return None  # too few votes, or each pair stood in one order only


def _history(session: Session) -> Iterator[Moment]:
    days = queries.voted_days(session)
    if days is None:
        return
    first, last = days
    step = timedelta(days=1 + (last - first).days // MOMENTS)
    tallies, ranking, begin = Tallies.from_counts([]), None, first
    while begin <= last:
        end = min(begin + step, last + timedelta(days=1))
        tallies = tallies.plus(in_period(session, Selection(since=begin), until=end))
        ranking = rank(tallies, previous=ranking)
        yield Moment(end - timedelta(days=1), ranking)
        begin = end


def _by_category(session: Session) -> dict[str, Tallies]:
    present = {category for category, *_ in slices(session)}
    return {name: RunningTallies(Selection(category=name)).read(session) for name in CATEGORIES if name in present}


def _categories(overall: Tallies, by_category: Mapping[str, Tallies]) -> dict[str, Estimate]:
    try:
        return {name: rate_category(overall, tallies).estimate for name, tallies in by_category.items()}
    except NotEstimable:
        return {}
