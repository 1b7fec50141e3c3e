"""How far votes that depend on each other widen the errors of a fit: many by one voter, or on one prompt.

Votes of one cluster may all err in the same direction, so their scores are added before they are squared (Liang and
Zeger, Biometrika 73, 1986). With few clusters that sum of squares is too small on average, and badly known. Three
things keep the intervals honest:

- Each cluster's score is corrected for its own pull on the fit: CR2 of Bell and McCaffrey (Survey Methodology 28,
  2002), for likelihoods as in Kauermann and Carroll (JASA 96, 2001), with the pseudo-inverse of Pustejovsky and Tipton
  (Journal of Business & Economic Statistics 36, 2018).
- Quantiles are Student's, with Satterthwaite's degrees of freedom, as in the same papers.
- Clusters only add to the error of independent votes: by chance a few voters may agree far better than independent
  votes can, and that is no evidence. What they add is the excess over the variance that independent votes would show
  in nearly half of all cases. It has Student's quantile; the share of independent votes keeps its normal one.

`benchmarks/coverage.py` measures the coverage of the intervals, from three clusters on.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import gammaincinv

from leaderboard.arrays import FloatArray, IntArray
from leaderboard.ballots import Ballots
from leaderboard.errors import NotEstimable
from leaderboard.estimate import Added, Dependence
from leaderboard.scale import ELO_PER_NAT

# With fewer clusters nothing is said: the quantile of two is 12.7 standard errors.
LEAST_CLUSTERS = 3
# With fewer, one cluster decides nearly all about a figure, and the variation between clusters cannot be measured.
LEAST_DEGREES = 1.0
# Of a figure's variance, the share that must come from clusters which do not decide it alone.
LEAST_SHARE = 0.5
# The quantile of the variance that independent votes show between clusters. Below the median, so that intervals do not
# hold too seldom where three or four raters differ somewhat; far below it they would hold too often where they do not.
BY_CHANCE = 0.45
# A cluster that alone decides a direction has no residual in it.
ALONE = 1e-8
# How many numbers are handled at a time, and how many products a board's pairs are worth.
AT_A_TIME = 1 << 21
MOST_PRODUCTS = 4e9


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """What one way of dependence adds.

    Attributes:
        dependence: to the errors of the ratings, on the Elo scale.
        extras: to the variances of the further parameters [K].
    """

    dependence: Dependence
    extras: tuple[Added, ...]


def dependences(ballots: Ballots, labels: pd.DataFrame, covariance: FloatArray) -> tuple[Found, ...]:
    """Return what votes with the same label add to the errors of independent votes, for each way of dependence.

    Args:
        ballots: the votes of the fit.
        labels: what each of them may share, a column for each way; a vote without a label shares it with no other [N].
        covariance: of the parameters for independent votes, in natural units [M + K, M + K].

    Raises:
        NotEstimable: there are fewer than three clusters.
    """
    return tuple(_dependence(ballots, column, str(name), covariance) for name, column in labels.items())


def _dependence(ballots: Ballots, labels: "pd.Series[str]", name: str, covariance: FloatArray) -> Found:
    cluster = _numbered(labels)
    count = int(cluster.max(initial=-1)) + 1
    if count < LEAST_CLUSTERS:
        different = "1 is" if count == 1 else f"{count} are"
        raise NotEstimable(
            f"Of `{name}` only {different} different: what depends on it cannot be measured below {LEAST_CLUSTERS}.",
            hint="Leave it out: the errors then hold if votes are independent.",
        )
    clusters = _Clusters(ballots, cluster, count)
    robust = clusters.covariance()
    size = ballots.size
    units = np.eye(len(robust))
    centred = units.copy()
    centred[:size, :size] -= 1 / size
    model = np.einsum("cp,pq,cq->c", centred, ballots.bread, centred)
    trace, degrees = clusters.trace(centred)
    added, degrees = _added(np.diag(robust), np.diag(covariance), model, trace, degrees)
    first, second = np.triu_indices(size, k=1)

    def between(matrix: FloatArray) -> FloatArray:
        variance = np.diag(matrix)
        return variance[first] + variance[second] - 2 * matrix[first, second]

    if clusters.few(differences := units[first] - units[second]):
        trace, known = clusters.trace(differences)
        pairs_added, pairs_degrees = _added(between(robust), between(covariance), between(ballots.bread), trace, known)
    else:
        # On boards as large as this one cluster hardly decides a difference and neither of its two ratings.
        least = np.where(np.isfinite(added[:size]), degrees[:size], 0.0)
        pairs_degrees = np.minimum(least[first], least[second])
        excess = _excess(between(robust), between(covariance), np.maximum(pairs_degrees, LEAST_DEGREES))
        pairs_added = np.where(pairs_degrees < LEAST_DEGREES, np.inf, excess)
    matrices = np.zeros((2, size, size))
    matrices[1] = np.inf
    for matrix, values in zip(matrices, (pairs_added * ELO_PER_NAT**2, pairs_degrees), strict=True):
        matrix[first, second] = matrix[second, first] = values
    return Found(
        Dependence(
            label=name,
            clusters=count,
            added=added[:size] * ELO_PER_NAT**2,
            degrees=degrees[:size],
            pairs_added=matrices[0],
            pairs_degrees=matrices[1],
            pooled=_pooled(robust[:size, :size], covariance[:size, :size]),
        ),
        tuple(Added(float(a), float(d)) for a, d in zip(added[size:], degrees[size:], strict=True)),
    )


def _pooled(robust: FloatArray, independent: FloatArray) -> float:
    """Return the ratio of both variances, averaged over all directions in which contenders can differ."""
    return float(np.trace(robust @ np.linalg.pinv(independent, rcond=1e-9, hermitian=True)) / max(len(robust) - 1, 1))


def _added(
    robust: FloatArray, independent: FloatArray, model: FloatArray, trace: FloatArray, degrees: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return what clusters add to the variances of figures, and with how many degrees of freedom it is known.

    Args:
        robust: their variances by clusters.
        independent: their variances for independent votes.
        model: what the information alone says of their variances, for the share that clusters measure.
        trace: what CR2 would find of `model` on average.
        degrees: of freedom by Satterthwaite.
    """
    share = np.divide(trace, model, out=np.ones_like(model), where=model > 0)
    unknown = (share < LEAST_SHARE) | (degrees < LEAST_DEGREES)
    degrees = np.where(unknown, np.inf, degrees)
    return np.where(unknown, np.inf, _excess(robust / np.maximum(share, LEAST_SHARE), independent, degrees)), degrees


def _excess(robust: FloatArray, independent: FloatArray, degrees: FloatArray) -> FloatArray:
    """Return by how much variances exceed those that independent votes show by chance."""
    finite = np.where(np.isfinite(degrees), degrees, 1.0)
    chance = np.where(np.isfinite(degrees), 2 * gammaincinv(finite / 2, BY_CHANCE) / finite, 1.0)
    return np.maximum(robust - chance * independent, 0.0)


def _numbered(labels: "pd.Series[str]") -> IntArray:
    """Return clusters as numbers from 0, a new one for each missing label."""
    codes = pd.factorize(labels)[0].astype(np.int64)
    missing = codes < 0
    codes[missing] = codes.max(initial=-1) + 1 + np.arange(missing.sum())
    return codes


@dataclass(frozen=True, eq=False, slots=True)
class _Batch:
    """Clusters that touch equally many parameters [n clusters, m touched, P parameters].

    Attributes:
        touched: which ones [n, m].
        information: of the cluster's votes [n, m, m].
        score: their summed score [n, m].
        influence: of a corrected score on each parameter [n, P, m].
    """

    touched: IntArray
    information: FloatArray
    score: FloatArray
    influence: FloatArray


class _Clusters:
    """The votes of all clusters, each cluster's parameters numbered from zero."""

    def __init__(self, ballots: Ballots, cluster: IntArray, count: int) -> None:
        self._ballots = ballots
        size, further = ballots.size, ballots.extra.shape[1]
        ends = np.concatenate([cluster * size + ballots.left, cluster * size + ballots.right])
        touched, local = np.unique(ends, return_inverse=True)
        owner = touched // size
        self._begin = np.searchsorted(owner, np.arange(count + 1))
        local -= self._begin[np.tile(cluster, 2)]
        self._touched, self._cluster = touched % size, cluster
        self._left, self._right = np.split(local, 2)
        self._extras = size + np.arange(further)

    def covariance(self) -> FloatArray:
        """Return CR2's covariance of all parameters [P, P]."""
        bread, size = self._ballots.bread, self._ballots.size
        total = bread[:, :size] @ self._ballots.further_meat @ bread[:size]
        for batch in self._batches(len(bread)):
            moved = (batch.influence @ batch.score[:, :, None])[:, :, 0]
            total += moved.T @ moved
        return total

    def trace(self, contrasts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what CR2 finds of the contrasts' variances on average, and Satterthwaite's degrees of freedom.

        The working model has independent votes with the variances of their information. A cluster's part of a contrast
        is then a quadratic form in residuals with covariance Ω, of which this takes tr Ω and (tr Ω)² / tr Ω². Where
        that is too much work, Ω is taken for diagonal, and one degree is paid for the mean: Carter, Schnepel and
        Steigerwald, Review of Economics and Statistics 99 (2017).

        Args:
            contrasts: a combination of parameters a row [C, P].
        """
        bread = self._ballots.bread
        root = np.linalg.cholesky(bread)
        number, parameters = contrasts.shape
        trace, squares = np.zeros((2, number))
        exact = self.few(contrasts)
        gram = np.zeros((number, parameters, parameters) if exact else 0)
        for batch in self._batches(number * parameters):
            weight = contrasts @ batch.influence
            pull = weight @ batch.information
            own = (pull * weight).sum(axis=2)
            spread = pull @ root[batch.touched]
            shared = (spread**2).sum(axis=2)
            trace += (own - shared).sum(axis=0)
            if exact:
                squares += (own**2 - 2 * own * shared).sum(axis=0)
                gram += spread.transpose(1, 2, 0) @ spread.transpose(1, 0, 2)
            else:
                squares += ((own - shared) ** 2).sum(axis=0)
        if exact:
            squares += (gram**2).sum(axis=(1, 2))
        degrees = np.divide(trace**2, squares, out=np.zeros_like(trace), where=squares > 0)
        return np.maximum(trace, 0.0), degrees if exact else degrees - 1

    def few(self, contrasts: FloatArray) -> bool:
        """Return whether the degrees of freedom of so many contrasts can be computed exactly."""
        return len(self._begin) * len(contrasts) * float(contrasts.shape[1]) ** 2 <= MOST_PRODUCTS

    def _batches(self, numbers: int) -> Iterator[_Batch]:
        """Yield all clusters; `numbers` says how many numbers the caller makes of each touched parameter."""
        counts = np.diff(self._begin)
        for count in np.unique(counts[counts > 0]).tolist():
            chosen = np.flatnonzero(counts == count)
            step = max(1, AT_A_TIME // (numbers * (count + len(self._extras))))
            for begin in range(0, len(chosen), step):
                yield self._batch(chosen[begin : begin + step], count)

    def _batch(self, chosen: IntArray, count: int) -> _Batch:
        row_of = np.full(len(self._begin) - 1, -1)
        row_of[chosen] = np.arange(len(chosen))
        votes = np.flatnonzero(row_of[self._cluster] >= 0)
        row, width = row_of[self._cluster[votes]], count + len(self._extras)
        own = self._touched[self._begin[chosen][:, None] + np.arange(count)]
        touched = np.concatenate([own, np.broadcast_to(self._extras, (len(chosen), len(self._extras)))], axis=1)
        information, score = self._summed(votes, row, (len(chosen), width), count)
        bread = self._ballots.bread
        inner = bread[touched[:, :, None], touched[:, None, :]]
        # With inner = L Lᵀ, (I - A inner)^-½ = L⁻ᵀ (I - Lᵀ A L)^-½ Lᵀ, of which the middle is symmetric.
        root = np.linalg.cholesky(inner)
        pull, axes = np.linalg.eigh(root.transpose(0, 2, 1) @ information @ root)
        left_over = 1 - pull
        widening = np.where(left_over > ALONE, 1 / np.sqrt(np.maximum(left_over, ALONE)), 0.0)
        middle = (axes * widening[:, None, :]) @ axes.transpose(0, 2, 1)
        # bread[:, S] L⁻ᵀ, by solving L X = bread[S, :].
        outer = np.linalg.solve(root, bread[touched]).transpose(0, 2, 1)
        return _Batch(touched, information, score, outer @ middle @ root.transpose(0, 2, 1))

    def _summed(
        self, votes: IntArray, row: IntArray, shape: tuple[int, int], count: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return the information [n, m, m] and the scores [n, m] of clusters, from their votes."""
        ballots, (number, width) = self._ballots, shape
        left, right = self._left[votes], self._right[votes]
        gap, weight = ballots.gap[votes], ballots.gap_gap[votes]
        score, information = np.zeros((number, width)), np.zeros((number, width, width))
        for place, sign in ((left, 1.0), (right, -1.0)):
            _add(score[:, :count], (row, place), sign * gap)
            _add(information[:, :count, :count], (row, place, place), weight)
            for extra in range(len(self._extras)):
                cross = sign * ballots.gap_extra[votes, extra]
                _add(information[:, :count, count + extra], (row, place), cross)
                _add(information[:, count + extra, :count], (row, place), cross)
        _add(information[:, :count, :count], (row, left, right), -weight)
        _add(information[:, :count, :count], (row, right, left), -weight)
        for extra in range(len(self._extras)):
            _add(score[:, count + extra], (row,), ballots.extra[votes, extra])
            for other in range(len(self._extras)):
                _add(information[:, count + extra, count + other], (row,), ballots.extra_extra[votes, extra, other])
        return information, score


def _add(target: FloatArray, places: tuple[IntArray, ...], values: FloatArray) -> None:
    """Add values at places, some of which are the same."""
    flat = np.ravel_multi_index(places, target.shape)
    target += np.bincount(flat, weights=values, minlength=target.size).reshape(target.shape)
