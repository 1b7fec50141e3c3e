"""Observations: what a board shows beside its ratings and no tally holds.

Counting replies and fitting style read every vote, so no page waits for it (arena.board.observer).
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

MOMENTS = 26  # points of the history at most


@dataclass(frozen=True, slots=True)
class Activity:
    """What a contender did in all its battles that are over, voted or void; None where nothing is known.

    A battle that is still open counts for nothing here: a figure that moved would tell who answers it.

    Attributes:
        battles: it was drawn into.
        replies: it finished or failed; those that a voter stopped count for nothing.
        failure_rate: share of them that failed.
        length: mean characters of a finished reply.
        speed: characters a second, while writing.
        usd_per_1k: US dollars that a thousand replies cost, by those whose cost is known.
        wh_per_1k_low, wh_per_1k_high: watt-hours that a thousand replies took, by those whose energy is known.
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
    """The ratings that all votes up to the end of a day gave."""

    day: date
    ranking: Ranking


@dataclass(frozen=True, slots=True)
class Observations:
    """All that was seen in one look.

    Attributes:
        activity: by slug, of all contenders.
        num_battles: battles that are over, voted or void.
        style: ratings at equal style; None where no two contenders can be compared by labelled votes, or by too few.
        style_votes: votes that it rests on.
        position: what standing left is worth, in Elo; None likewise.
        history: oldest first.
        categories: ratings by category, shrunk toward the overall ones, of categories with votes.
        category_votes: how many.
        exclusions: votes excluded now, by reason.
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
        """Return a contender's rating at equal style."""
        if self.style is None or contender not in self.style.controlled.contenders:
            return None
        return float(self.style.controlled.ratings[self.style.controlled.contenders.index(contender)])


def observe(database: Database) -> Observations:
    """Look at all votes and replies.

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
        return None  # too few votes, or all pairs stood one way round only


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
