"""In depth: the same votes rated by every other method, which shows how much a board depends on its method.

Some methods need the votes one by one. All of them are therefore computed in the background (arena.board.observer), and
these from the newest `NEWEST` votes only.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import numpy as np

from arena.clock import now
from arena.db.session import Database
from arena.votes.running_tallies import RunningTallies
from arena.votes.single_votes import single_votes
from leaderboard import Tallies, Votes, rank
from leaderboard.arrays import FloatArray
from leaderboard.bootstrap import bootstrap
from leaderboard.clusters import cluster_robust
from leaderboard.elo import elo
from leaderboard.errors import NotEstimable
from leaderboard.estimate import Estimate, Measured
from leaderboard.position import left_advantage
from leaderboard.rank_sets import RankSets, probability_first, simultaneous
from leaderboard.robustness import votes_to_overturn_neighbours
from leaderboard.ties import TieFit, davidson, rao_kupper
from leaderboard.weights import inverse_propensity

NEWEST = 50_000
SEED = 20261122  # the same votes give the same figures

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthRow:
    """One contender. A figure that the votes do not determine is None. Ratings and errors are in Elo.

    Attributes:
        rank_upper, rank_lower: best and worst rank; all contenders' sets hold at once with 95 %.
        first: probability of being the best.
        overturn: the fewest votes whose removal would put the next contender above it.
        by_voter, by_prompt: its error if votes of one voter, or on one prompt, depend on each other, over that of
            independent votes; never below one.
        resampled_error: standard deviation over resampled votes.
        reweighted: its rating if all pairs had been drawn equally often.
        davidson, rao_kupper: its rating in two models where a tie is an outcome of its own, each on its own scale.
        elo, elo_spread: its online Elo in the order of the votes, and the standard deviation over random orders.
    """

    contender: str
    rating: float
    error: float
    rank_upper: int
    rank_lower: int
    first: float
    overturn: int | None
    by_voter: float | None
    by_prompt: float | None
    resampled_error: float | None
    reweighted: float | None
    davidson: float | None
    rao_kupper: float | None
    elo: float | None
    elo_spread: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """A board in depth.

    Attributes:
        votes: number of votes that count.
        single_votes: number of votes that were used one by one.
        voters, prompts: number of different voters and first prompts among the single votes.
        critical_value: a difference of so many standard errors is sure for all pairs at once.
        side: the advantage of the left side, in Elo.
        davidson_fit, rao_kupper_fit: log-likelihoods of both models of ties; the larger describes the votes better.
        rows: the contenders of the largest board, the best first.
    """

    as_of: datetime
    votes: int
    single_votes: int
    voters: int
    prompts: int
    critical_value: float | None
    side: Measured | None
    davidson_fit: float | None
    rao_kupper_fit: float | None
    rows: tuple[DepthRow, ...]


def look_in_depth(database: Database) -> Depth:
    """Read the votes of a database, and return the figures in depth.

    Raises:
        DatabaseUnavailable: the votes cannot be read.
    """
    with database.reading() as session:
        tallies = RunningTallies().read(session)
        votes = single_votes(session, newest=NEWEST)
    return in_depth(tallies, votes)


def in_depth(tallies: Tallies, votes: Votes) -> Depth:
    """Return the figures in depth of all votes as tallies, and of the newest of them one by one."""
    rng = np.random.default_rng(SEED)
    davidsons, rao_kuppers = _or_none(lambda: davidson(tallies)), _or_none(lambda: rao_kupper(tallies))
    board = next(iter(rank(tallies).boards), None)
    sets = simultaneous(board, rng) if board else None
    ties = {"davidson": _ratings(davidsons), "rao_kupper": _ratings(rao_kuppers)}
    figures = _figures(tallies, votes, rng) | ties if board else {}
    return Depth(
        as_of=now(),
        votes=tallies.num_votes,
        single_votes=len(votes),
        voters=votes.extra["voter"].nunique(),
        prompts=votes.extra["prompt"].nunique(),
        critical_value=sets.critical_value if sets else None,
        side=_or_none(lambda: left_advantage(tallies)),
        davidson_fit=davidsons.log_likelihood if davidsons else None,
        rao_kupper_fit=rao_kuppers.log_likelihood if rao_kuppers else None,
        rows=_rows(board, sets, rng, figures) if board and sets else (),
    )


def _rows(
    board: Estimate, sets: RankSets, rng: np.random.Generator, figures: Mapping[str, Mapping[str, Any]]
) -> tuple[DepthRow, ...]:
    first = probability_first(board, rng)
    return tuple(
        DepthRow(
            contender=name,
            rating=float(board.ratings[place]),
            error=float(board.errors[place]),
            rank_upper=int(sets.best[place]),
            rank_lower=int(sets.worst[place]),
            first=float(first[place]),
            **{key: values.get(name) for key, values in figures.items()},
        )
        for place in np.argsort(-board.ratings, kind="stable").tolist()
        for name in [board.contenders[place]]
    )


def _figures(tallies: Tallies, votes: Votes, rng: np.random.Generator) -> dict[str, dict[str, Any]]:
    """Return each figure of a row, by its name and then by contender."""
    gaps = _or_none(lambda: votes_to_overturn_neighbours(tallies)) or ()
    resampled = _or_none(lambda: bootstrap(tallies, rng))
    weights = inverse_propensity(votes.extra["probability"].to_numpy())
    reweighted = rank(Tallies.from_votes(votes, weights=weights)).standings
    ticker = elo(votes, rng) if len(votes) else None
    return {
        "overturn": {gap.above: gap.votes for gap in gaps},
        "by_voter": _ratios(votes, "voter"),
        "by_prompt": _ratios(votes, "prompt"),
        "resampled_error": _by_name(resampled.contenders, resampled.errors) if resampled else {},
        "reweighted": {one.contender: one.rating for one in reweighted if not one.component},
        "elo": _by_name(ticker.contenders, ticker.ratings) if ticker else {},
        "elo_spread": _by_name(ticker.contenders, ticker.spread) if ticker else {},
    }


def _ratios(votes: Votes, label: str) -> dict[str, float]:
    clustered = _or_none(lambda: cluster_robust(votes, votes.extra[[label]]))
    measured = zip(clustered.contenders, clustered.ratios.tolist(), strict=True) if clustered else ()
    return {name: ratio for name, ratio in measured if math.isfinite(ratio)}


def _ratings(fit: TieFit | None) -> dict[str, float]:
    return _by_name(fit.estimate.contenders, fit.estimate.ratings) if fit else {}


def _by_name(contenders: Sequence[str], values: FloatArray) -> dict[str, float]:
    return dict(zip(contenders, values.tolist(), strict=True))


def _or_none(compute: Callable[[], Found]) -> Found | None:
    """Return the result, or None if the votes are too few for it."""
    try:
        return compute()
    except (NotEstimable, ArithmeticError):
        return None
