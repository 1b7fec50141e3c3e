"""Models of ties, in which a tie is a third outcome and not half a win. Each model has its own rating scale.

Davidson, Journal of the American Statistical Association 65 (1970): the probability of a tie is in proportion to `nu`
times the geometric mean of both strengths. Rao and Kupper, same journal 62 (1967): voters do not notice a difference
below a threshold. Votes for "both bad" count as ties here.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg
from scipy.sparse import csr_array
from scipy.sparse.csgraph import NegativeCycleError, bellman_ford
from scipy.special import expit, log_expit, logsumexp

from leaderboard.arrays import BoolArray, FloatArray
from leaderboard.ballots import Ballots, Labelled, among
from leaderboard.connectivity import largest_core
from leaderboard.dependence import Found, dependences
from leaderboard.errors import NotEstimable
from leaderboard.estimate import Estimate, Measured
from leaderboard.incidence import bordered, contrast, with_gauge
from leaderboard.newton import Point, maximise
from leaderboard.tallies import Record, Tallies
from leaderboard.verdict import A, B
from leaderboard.votes import Votes


@dataclass(frozen=True, eq=False, slots=True)
class TieFit:
    """Ratings of a model with ties.

    Attributes:
        estimate: ratings on this model's own scale, which cannot be compared with the default ratings.
        parameter: Davidson's log(nu), or Rao and Kupper's threshold in natural units.
        log_likelihood: of all outcomes; the two models can be compared by it.
    """

    estimate: Estimate
    parameter: Measured
    log_likelihood: float


@dataclass(frozen=True, eq=False, slots=True)
class _Outcome:
    """Log probability of an outcome between every two contenders, and its derivatives [M, M] each.

    `gap` and `tie` are the first derivatives, by the gap of strengths and by the tie parameter. The others are minus
    the second derivatives.
    """

    log_probability: FloatArray
    gap: FloatArray
    tie: FloatArray
    gap_gap: FloatArray
    gap_tie: FloatArray
    tie_tie: FloatArray


# A model takes the gaps of strengths and the tie parameter. It returns the outcomes "row wins" and "tie".
_Model = Callable[[FloatArray, float], tuple[_Outcome, _Outcome]]


def davidson(tallies: Tallies, *, labelled: Labelled | None = None) -> TieFit:
    """Return the maximum-likelihood fit of Davidson's model to the largest core.

    Args:
        tallies: the votes.
        labelled: the same votes one by one, with labels that dependent ones share; the errors then allow for that.

    Raises:
        NotEstimable: there are no ties, the decisive votes never contradict each other, or labels are too few.
    """
    return _fit(tallies, _davidson, start=0.0, labelled=labelled)


def rao_kupper(tallies: Tallies, *, labelled: Labelled | None = None) -> TieFit:
    """Return the maximum-likelihood fit of Rao and Kupper's model to the largest core; arguments as of `davidson`.

    Raises:
        NotEstimable: there are no ties, the decisive votes never contradict each other, or labels are too few.
    """
    return _fit(tallies, _rao_kupper, start=0.5, labelled=labelled)


def _davidson(gap: FloatArray, log_nu: float) -> tuple[_Outcome, _Outcome]:
    total = logsumexp(np.stack([gap / 2, -gap / 2, np.full_like(gap, log_nu)]), axis=0)
    win, loss, tie = np.exp(gap / 2 - total), np.exp(-gap / 2 - total), np.exp(log_nu - total)
    mean = (win - loss) / 2
    # In an exponential family the second derivatives do not depend on the outcome.
    second = ((win + loss) / 4 - mean**2, -mean * tie, tie * (1 - tie))
    return _Outcome(gap / 2 - total, 0.5 - mean, -tie, *second), _Outcome(log_nu - total, -mean, 1 - tie, *second)


def _rao_kupper(gap: FloatArray, threshold: float) -> tuple[_Outcome, _Outcome]:
    if threshold <= 0:
        nowhere = _Outcome(*np.full((6, *gap.shape), np.nan))
        return nowhere, nowhere
    above, below = expit(gap + threshold), expit(gap - threshold)
    slope_above, slope_below = above * (1 - above), below * (1 - below)
    win = _Outcome(log_expit(gap - threshold), 1 - below, below - 1, slope_below, -slope_below, slope_below)
    odds = np.expm1(2 * threshold)
    tie = _Outcome(
        log_probability=np.log(odds) - 2 * threshold + log_expit(gap + threshold) + log_expit(threshold - gap),
        gap=1 - above - below,
        tie=2 / odds + 1 - above + below,
        gap_gap=slope_above + slope_below,
        gap_tie=slope_above - slope_below,
        tie_tie=4 * (odds + 1) / odds**2 + slope_above + slope_below,
    )
    return win, tie


def _fit(tallies: Tallies, model: _Model, *, start: float, labelled: Labelled | None) -> TieFit:
    core = largest_core(tallies)
    record, squared = core.record, core.squared_record
    _refuse_boundless(record)
    size = len(core.contenders)

    def evaluate(place: FloatArray) -> Point:
        outcomes = _outcomes(model, place)
        surprise = _summed(record, outcomes, lambda outcome: outcome.gap)
        tie_surprise = _summed(record, outcomes, lambda outcome: outcome.tie)
        information = bordered(
            _summed(record, outcomes, lambda outcome: outcome.gap_gap),
            _summed(record, outcomes, lambda outcome: outcome.gap_tie)[None],
            _summed(record, outcomes, lambda outcome: outcome.tie_tie).sum(keepdims=True),
        )
        return Point(np.append(contrast(surprise), tie_surprise.sum()), with_gauge(information, num_contenders=size))

    optimum = maximise(evaluate, np.append(np.zeros(size), start))
    outcomes = _outcomes(model, optimum.place)
    meat = bordered(
        _summed(squared, outcomes, lambda outcome: outcome.gap**2),
        _summed(squared, outcomes, lambda outcome: outcome.gap * outcome.tie)[None],
        _summed(squared, outcomes, lambda outcome: outcome.tie**2).sum(keepdims=True),
    )
    bread = scipy.linalg.inv(optimum.information)
    covariance = bread @ meat @ bread
    strengths = optimum.place[:-1] - optimum.place[:-1].mean()
    found: tuple[Found, ...] = ()
    if labelled:
        inside, ballots = _ballots(labelled.votes, core.contenders, outcomes, bread)
        found = dependences(ballots, labelled.labels.loc[inside], covariance)
    ways = tuple(one.dependence for one in found)
    return TieFit(
        estimate=Estimate.from_strengths(core.contenders, strengths, covariance[:-1, :-1], ways),
        parameter=Measured.of(optimum.place[-1], covariance[-1, -1], tuple(one.extras[0] for one in found)),
        log_likelihood=float(_summed(record, outcomes, lambda outcome: outcome.log_probability).sum()),
    )


def _ballots(
    votes: Votes, contenders: tuple[str, ...], outcomes: tuple[_Outcome, _Outcome], bread: FloatArray
) -> tuple[BoolArray, Ballots]:
    """Return which votes are among these contenders, and what each of these says of the fit."""
    inside, left, right = among(votes, contenders)
    verdict = votes.verdict[inside]
    # The winner comes first; where nobody wins, the order does not matter.
    won = np.where(verdict == B, right, left), np.where(verdict == B, left, right)
    decisive = (verdict == A) | (verdict == B)

    def each(what: Callable[[_Outcome], FloatArray]) -> FloatArray:
        win, tie = (what(outcome)[won] for outcome in outcomes)
        return np.where(decisive, win, tie)

    return inside, Ballots(
        left=won[0],
        right=won[1],
        gap=each(lambda outcome: outcome.gap),
        extra=each(lambda outcome: outcome.tie)[:, None],
        gap_gap=each(lambda outcome: outcome.gap_gap),
        gap_extra=each(lambda outcome: outcome.gap_tie)[:, None],
        extra_extra=each(lambda outcome: outcome.tie_tie)[:, None, None],
        bread=bread,
        further_meat=np.zeros((len(contenders), len(contenders))),
    )


def _outcomes(model: _Model, place: FloatArray) -> tuple[_Outcome, _Outcome]:
    strengths = place[:-1]
    return model(strengths[:, None] - strengths[None, :], float(place[-1]))


def _summed(record: Record, outcomes: tuple[_Outcome, _Outcome], what: Callable[[_Outcome], FloatArray]) -> FloatArray:
    """Sum a quantity over the votes of each ordered pair; half of each tie is in either order [M, M]."""
    win, tie = outcomes
    return record.wins * what(win) + record.ties / 2 * what(tie)


def _refuse_boundless(record: Record) -> None:
    """Refuse votes whose likelihood grows without bound with the tie parameter."""
    if not record.ties.any():
        raise NotEstimable("There are no ties, so a model of ties cannot be fitted.")
    # It does if strengths exist in which every winner is at least one above its loser, and contenders that tied are at
    # most one apart. These are constraints on differences; a cycle of negative length shows that none exist.
    length = np.where(record.wins > 0, -1.0, np.where(record.ties > 0, 1.0, 0.0))
    try:
        bellman_ford(csr_array(length), indices=[0])
    except NegativeCycleError:
        return
    raise NotEstimable("The decisive votes never contradict each other or the ties.", hint="Collect more votes.")
