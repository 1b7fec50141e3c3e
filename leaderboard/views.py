"""Views: the same votes rated in another way than the board rates them. Ratings of two views are never mixed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from leaderboard.arrays import FloatArray
from leaderboard.ballots import Labelled
from leaderboard.clusters import cluster_robust
from leaderboard.elo import elo
from leaderboard.estimate import Estimate, Measured, critical_value
from leaderboard.notes import Note, NoteKind
from leaderboard.rank_sets import rank_sets
from leaderboard.style import StyleFit, Unidentified
from leaderboard.tallies import Tallies
from leaderboard.ties import davidson, rao_kupper
from leaderboard.votes import Votes

if TYPE_CHECKING:
    import pandas as pd

Ties = Literal["davidson", "rao-kupper"]
ORDERS = 100  # random orders of the votes that a ticker is replayed in


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewRow:
    """One contender.

    Attributes:
        error, lower, upper: None where the votes are dependent and do not tell how far, since one cluster decides.
        rank_upper, rank_lower: the ranks that the votes allow; None for a ticker.
    """

    contender: str
    rating: float
    error: float | None
    lower: float | None
    upper: float | None
    rank_upper: int | None
    rank_lower: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Another view of the votes.

    Attributes:
        about: what it shows.
        rows: the best contender comes first.
        clusters: how many different ones there are of what dependent votes share, such as voters; empty where votes are
            taken for independent.
        ratio: the median of the errors over those of independent votes; None likewise.
        effects: what one unit of a feature's difference adds to the log odds of a win; empty in other views.
        unidentified: features whose effect the votes do not fix, with the reason.
    """

    about: Note
    rows: tuple[ViewRow, ...]
    clusters: Mapping[str, int] = field(default_factory=dict)
    ratio: float | None = None
    effects: Mapping[str, Measured] = field(default_factory=dict)
    unidentified: Mapping[str, Unidentified] = field(default_factory=dict)


def with_ties(tallies: Tallies, model: Ties, *, labelled: Labelled | None = None, at_once: bool = False) -> View:
    """Rate the largest core by a model in which a tie is an outcome of its own.

    Args:
        tallies: the votes.
        model: which one.
        labelled: the same votes one by one, with labels that dependent ones share; the errors then allow for that.
        at_once: whether all rank sets hold at once.

    Raises:
        NotEstimable: there are no ties, the decisive votes never contradict each other, or labels are too few.
    """
    fit = (davidson if model == "davidson" else rao_kupper)(tallies, labelled=labelled)
    kind = NoteKind.TIES_OF_DAVIDSON if model == "davidson" else NoteKind.TIES_OF_RAO_AND_KUPPER
    return _view(Note(kind, figures={"log_likelihood": fit.log_likelihood}), fit.estimate, at_once=at_once)


def clustered(
    votes: Votes, labels: "pd.DataFrame", *, weights: FloatArray | None = None, at_once: bool = False
) -> View:
    """Rate the largest core with errors that hold if votes with the same label depend on each other.

    Raises:
        NotEstimable: no two contenders are connected both ways, or there are fewer than three labels.
    """
    estimate = cluster_robust(votes, labels, weights=weights)
    return _view(Note(NoteKind.CLUSTERED), estimate, at_once=at_once)


def at_equal_style(fit: StyleFit, *, at_once: bool = False) -> View:
    """Show ratings at equal style, and what style is worth."""
    view = _view(Note(NoteKind.EQUAL_STYLE), fit.controlled, at_once=at_once)
    return replace(view, effects=fit.coefficients, unidentified=fit.unidentified)


def ticker(votes: Votes, *, seed: int = 0) -> View:
    """Rate online by Elo in the order of the votes, with the spread over random orders as the error."""
    result = elo(votes, np.random.default_rng(seed), permutations=ORDERS)
    margins = critical_value(0.95) * result.spread
    about = Note(NoteKind.TICKER, figures={"orders": ORDERS})
    return View(about=about, rows=_sorted(result.contenders, result.ratings, result.spread, margins))


def _view(about: Note, estimate: Estimate, *, at_once: bool) -> View:
    sets = rank_sets(estimate, at_once=at_once)
    ranks = sets.best.tolist(), sets.worst.tolist()
    return View(
        about=about,
        rows=_sorted(estimate.contenders, estimate.ratings, estimate.errors, estimate.margins(), ranks),
        clusters={way.label: way.clusters for way in estimate.dependences},
        ratio=estimate.ratio,
    )


def _sorted(
    contenders: Sequence[str],
    ratings: FloatArray,
    errors: FloatArray,
    margins: FloatArray,
    ranks: tuple[Sequence[int], Sequence[int]] | None = None,
) -> tuple[ViewRow, ...]:
    return tuple(
        ViewRow(
            contender=contenders[place],
            rating=float(ratings[place]),
            error=_known(errors[place]),
            lower=_known(ratings[place] - margins[place]),
            upper=_known(ratings[place] + margins[place]),
            rank_upper=ranks[0][place] if ranks else None,
            rank_lower=ranks[1][place] if ranks else None,
        )
        for place in np.argsort(-ratings, kind="stable").tolist()
    )


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
