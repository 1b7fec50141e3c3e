"""Views: the same votes rated in another way than the board rates them. Ratings of two views are never mixed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from leaderboard.arrays import FloatArray
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
    """One contender. `rank_upper` and `rank_lower` are the ranks that the votes allow; None for a ticker."""

    contender: str
    rating: float
    error: float
    lower: float
    upper: float
    rank_upper: int | None
    rank_lower: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Another view of the votes.

    Attributes:
        about: what it shows.
        rows: the best contender comes first.
        label: what votes share that may depend on each other; empty in other views.
        effects: what one unit of a feature's difference adds to the log odds of a win; empty in other views.
        unidentified: features whose effect the votes do not fix, with the reason.
    """

    about: Note
    rows: tuple[ViewRow, ...]
    label: str = ""
    effects: Mapping[str, Measured] = field(default_factory=dict)
    unidentified: Mapping[str, Unidentified] = field(default_factory=dict)


def with_ties(tallies: Tallies, model: Ties, *, at_once: bool = False) -> View:
    """Rate the largest core by a model in which a tie is an outcome of its own.

    Raises:
        NotEstimable: there are no ties, or the decisive votes never contradict each other.
    """
    fit = (davidson if model == "davidson" else rao_kupper)(tallies)
    kind = NoteKind.TIES_OF_DAVIDSON if model == "davidson" else NoteKind.TIES_OF_RAO_AND_KUPPER
    about = Note(kind, figures={"log_likelihood": fit.log_likelihood})
    return View(about=about, rows=_rows(fit.estimate, at_once=at_once))


def clustered(votes: Votes, labels: "pd.Series[str]", *, at_once: bool = False) -> View:
    """Rate the largest core with errors that hold if votes with the same label depend on each other.

    Raises:
        NotEstimable: no two contenders are connected both ways, or there is only one label.
    """
    robust = cluster_robust(votes, labels)
    figures = {"clusters": robust.num_clusters, "ratio": float(np.median(robust.ratio))}
    about = Note(NoteKind.CLUSTERED, figures=figures)
    return View(about=about, rows=_rows(robust.estimate, at_once=at_once), label=str(labels.name))


def at_equal_style(fit: StyleFit, *, at_once: bool = False) -> View:
    """Show ratings at equal style, and what style is worth."""
    rows = _rows(fit.controlled, at_once=at_once)
    return View(about=Note(NoteKind.EQUAL_STYLE), rows=rows, effects=fit.coefficients, unidentified=fit.unidentified)


def ticker(votes: Votes, *, seed: int = 0) -> View:
    """Rate online by Elo in the order of the votes, with the spread over random orders as the error."""
    result = elo(votes, np.random.default_rng(seed), permutations=ORDERS)
    about = Note(NoteKind.TICKER, figures={"orders": ORDERS})
    return View(about=about, rows=_sorted(result.contenders, result.ratings, result.spread))


def _rows(estimate: Estimate, *, at_once: bool) -> tuple[ViewRow, ...]:
    sets = rank_sets(estimate, at_once=at_once)
    return _sorted(estimate.contenders, estimate.ratings, estimate.errors, (sets.best.tolist(), sets.worst.tolist()))


def _sorted(
    contenders: Sequence[str],
    ratings: FloatArray,
    errors: FloatArray,
    ranks: tuple[Sequence[int], Sequence[int]] | None = None,
) -> tuple[ViewRow, ...]:
    margins = critical_value(0.95) * errors
    return tuple(
        ViewRow(
            contender=contenders[place],
            rating=float(ratings[place]),
            error=float(errors[place]),
            lower=float(ratings[place] - margins[place]),
            upper=float(ratings[place] + margins[place]),
            rank_upper=ranks[0][place] if ranks else None,
            rank_lower=ranks[1][place] if ranks else None,
        )
        for place in np.argsort(-ratings, kind="stable").tolist()
    )
