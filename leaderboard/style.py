"""Style control: what the ratings would be if all answers were equally long and equally decorated.

The log odds of a win get a term for each feature: a coefficient times the difference between the sides. A feature whose
effect the votes do not determine gets no number; it is named with the reason instead. The difference between controlled
and raw ratings has an error of its own, from the joint sandwich of both fits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
import scipy.linalg

from leaderboard import bradley_terry
from leaderboard.arrays import AnyIntArray, BoolArray, FloatArray, IntArray
from leaderboard.ballots import Ballots, among
from leaderboard.bradley_terry import logistic
from leaderboard.connectivity import largest_core
from leaderboard.dependence import Found, dependences
from leaderboard.errors import BadVotes, NotEstimable
from leaderboard.estimate import Estimate, Measured
from leaderboard.incidence import bordered, contrast, laplacian, with_gauge
from leaderboard.newton import Optimum, Point, maximise
from leaderboard.scale import ELO_PER_NAT
from leaderboard.tallies import OUTCOMES, Tallies
from leaderboard.votes import Votes

# How many votes are handled at a time: few enough to stay in the processor's cache.
STACK = 1 << 13
# After a step as short as this, the remaining error is about its square.
TOLERANCE = 1e-7
# If contenders or other features explain all but this share of a feature's variance, its effect cannot be told apart
# from theirs. In double precision a feature that they explain fully keeps about 1e-16 of it.
LEAST_OWN_SHARE = 1e-8
# A deviation that is a smaller part of the values is rounding: they are all the same.
ROUNDING = 1e-9


class Unidentified(StrEnum):
    """Why the votes do not determine the effect of a feature."""

    NO_DIFFERENCE = "no difference"  # in every vote both sides have the same value
    CONTENDERS = "contenders"  # its value follows from who wrote the two answers
    FEATURES = "features"  # its value follows from other features
    ONE_WAY = "one way"  # the side with more of it won every vote, or lost every vote, so the effect has no bound


@dataclass(frozen=True, eq=False, slots=True)
class StyleFit:
    """Ratings with and without style control.

    Attributes:
        raw: the usual ratings, from the same votes.
        controlled: ratings at equal style.
        shift: controlled minus raw, in Elo, by contender; the errors allow for both coming from the same votes.
        coefficients: log odds for one unit of a feature, by feature whose effect the votes determine.
        unidentified: all other features, each with the reason. Features that cannot be told apart from each other are
            still controlled for together, but none of them has a coefficient.
    """

    raw: Estimate
    controlled: Estimate
    shift: dict[str, Measured]
    coefficients: dict[str, Measured]
    unidentified: dict[str, Unidentified]


def relative_difference(left: FloatArray | AnyIntArray, right: FloatArray | AnyIntArray) -> FloatArray:
    """Return (left - right) / (left + right + 1), scaled to a standard deviation of one: for counts such as tokens [N].

    The mean is not subtracted: if the answers on one side are longer on average, that is a real difference.
    """
    difference: FloatArray = (left - right) / (left + right + 1)
    return difference / (_deviation(difference) or 1.0)


def features_of(votes: Votes, names: Iterable[str]) -> dict[str, FloatArray]:
    """Return features from further columns of the votes, in standard deviations, by name.

    A feature is the relative difference of the columns `<name>_a` and `<name>_b`, or else the column `<name>` itself.

    Raises:
        BadVotes: a feature has no column, or a column lacks a number for some vote; lists the faults.
    """
    found, faults = {}, []
    for name in names:
        sides = [f"{name}_a", f"{name}_b"] if f"{name}_a" in votes.extra else [name]
        if missing := [f"column `{side}` is missing" for side in sides if side not in votes.extra]:
            faults += missing
            continue
        columns = [pd.to_numeric(votes.extra[side], errors="coerce").to_numpy(np.float64) for side in sides]
        for side, column in zip(sides, columns, strict=True):
            unknown = np.flatnonzero(~np.isfinite(column))
            faults += [f"column `{side}` is no number in row {row + 1}" for row in unknown[:1]]
        if len(columns) == 1:
            found[name] = columns[0] / (_deviation(columns[0]) or 1.0)
        elif all(np.isfinite(column).all() for column in columns):
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                found[name] = relative_difference(*columns)
            if not np.isfinite(found[name]).all():
                faults.append(f"columns `{sides[0]}` and `{sides[1]}` are no counts, so they cannot be compared")
    if faults:
        raise BadVotes("These votes do not have such features:", faults)
    return found


def control_style(votes: Votes, features: Mapping[str, FloatArray], *, labels: pd.DataFrame | None = None) -> StyleFit:
    """Fit ratings and feature coefficients together, by maximum likelihood.

    Args:
        votes: the votes; those outside the largest core are left out.
        features: by name, the left side's minus the right side's value, for each vote [N].
        labels: a column for each way in which votes may depend on each other; the errors of the ratings at equal style
            and of the coefficients then allow for it, those of the raw ratings and of the shift do not [N].

    Raises:
        NotEstimable: no two contenders are connected both ways, the votes do not determine the features' effects, or
            there are too few different labels.
        ValueError: a feature has a wrong length, or a value that is not a finite number.
    """
    for name, values in features.items():
        if values.shape != (len(votes),) or not np.isfinite(values).all():
            raise ValueError(f"Feature `{name}` needs one finite number for each of the {len(votes)} votes.")
    core = largest_core(Tallies.from_votes(votes))
    size = len(core.contenders)
    raw = bradley_terry.fit(core.record)
    # In units of their own spread, so that one tolerance fits tokens and milliseconds alike.
    units = {name: _deviation(values) or float(np.abs(values).max()) or 1.0 for name, values in features.items()}
    scaled = {name: values / units[name] for name, values in features.items()}
    ballots = _Ballots.of(votes, core.contenders, list(scaled.values()))
    fitted, unidentified = _identify(ballots, list(features), raw.strengths)
    if len(fitted) < len(features):
        ballots = _Ballots.of(votes, core.contenders, [scaled[name] for name in fitted])
    start = np.concatenate([raw.strengths, np.zeros(len(fitted))])
    try:
        optimum = maximise(ballots.point, start, tolerance=TOLERANCE)
    except ArithmeticError as error:
        raise NotEstimable(f"The votes do not fix the effects of {', '.join(fitted)} together.") from error
    bread = scipy.linalg.block_diag(scipy.linalg.inv(raw.information), scipy.linalg.inv(optimum.information))
    # The joint covariance of raw strengths, controlled strengths and coefficients.
    joint = bread @ ballots.meat(raw.strengths, optimum.place) @ bread
    raw_part, part, across = joint[:size, :size], joint[size : 2 * size, size : 2 * size], joint[:size, size : 2 * size]

    strengths = optimum.place[:size] - optimum.place[:size].mean()
    shift_variance = np.diag(raw_part + part - across - across.T)
    found: tuple[Found, ...] = ()
    if labels is not None:
        inside, seen = _each_vote(votes, core.contenders, [scaled[name] for name in fitted], optimum)
        found = dependences(seen, labels.loc[inside], joint[size:, size:])
    variances = np.diag(joint)[2 * size :]
    effects = {
        name: Measured.of(value, variance, tuple(one.extras[place] for one in found))
        for place, (name, value, variance) in enumerate(zip(fitted, optimum.place[size:], variances, strict=True))
    }
    return StyleFit(
        raw=Estimate.from_strengths(core.contenders, raw.strengths, raw_part),
        controlled=Estimate.from_strengths(core.contenders, strengths, part, tuple(one.dependence for one in found)),
        shift=_measured(core.contenders, ELO_PER_NAT * (strengths - raw.strengths), ELO_PER_NAT**2 * shift_variance),
        coefficients={name: effect.over(units[name]) for name, effect in effects.items() if name not in unidentified},
        unidentified=unidentified,
    )


def _each_vote(
    votes: Votes, contenders: tuple[str, ...], features: Sequence[FloatArray], optimum: Optimum
) -> tuple[BoolArray, Ballots]:
    """Return which votes are among these contenders, and what each of these says of the fit."""
    size = len(contenders)
    inside, left, right = among(votes, contenders)
    rows = np.stack([values[inside] for values in features], axis=1) if features else np.empty((len(left), 0))
    strengths, coefficients = optimum.place[:size], optimum.place[size:]
    chance = logistic(strengths[left] - strengths[right] + rows @ coefficients)
    surprise, weight = OUTCOMES[votes.verdict[inside]] - chance, chance * (1 - chance)
    return inside, Ballots(
        left=left,
        right=right,
        gap=surprise,
        extra=surprise[:, None] * rows,
        gap_gap=weight,
        gap_extra=weight[:, None] * rows,
        extra_extra=weight[:, None, None] * rows[:, :, None] * rows[:, None, :],
        bread=scipy.linalg.inv(optimum.information),
        further_meat=np.zeros((size, size)),
    )


def _deviation(values: FloatArray) -> float:
    """Return the standard deviation; zero where all values are the same."""
    deviation = float(values.std())
    return deviation if deviation > ROUNDING * np.abs(values).max(initial=0.0) else 0.0


def _measured(names: Iterable[str], values: FloatArray, variances: FloatArray) -> dict[str, Measured]:
    errors = np.sqrt(np.maximum(variances, 0.0))  # rounding may turn a variance of zero into less
    return {name: Measured(float(v), float(error)) for name, v, error in zip(names, values, errors, strict=True)}


@dataclass(frozen=True, eq=False, slots=True)
class _Stack:
    """Some votes, sorted by pair.

    Attributes:
        pairs: the pair of each vote, as left * size + right [n].
        begins: the places in `pairs` where a new pair begins.
        outcome: the left side's score in each vote: 1, 0 or ½ [n].
        features: the values of each feature [K, n].
    """

    pairs: IntArray
    begins: IntArray
    outcome: FloatArray
    features: FloatArray

    def add_to(self, totals: FloatArray, values: FloatArray) -> None:
        """Sum rows of values by pair [R, n] and add them to the totals of all pairs [R, M * M]."""
        totals[:, self.pairs[self.begins]] += np.add.reduceat(values, self.begins, axis=1)


@dataclass(frozen=True, eq=False, slots=True)
class _Ballots:
    """All votes among `size` contenders, in stacks that fit into the processor's cache."""

    size: int
    stacks: tuple[_Stack, ...]

    @classmethod
    def of(cls, votes: Votes, contenders: tuple[str, ...], features: Sequence[FloatArray]) -> "_Ballots":
        # Sorting is faster on small integers.
        places = votes.places_in(contenders).astype(np.int16)
        left, right = places[votes.left], places[votes.right]
        order = np.lexsort((right, left))
        if min(left.min(), right.min()) < 0:
            order = order[(left[order] >= 0) & (right[order] >= 0)]
        pairs = (left * np.int64(len(contenders)) + right)[order]
        outcome = OUTCOMES[votes.verdict[order]]
        rows = np.stack([values[order] for values in features]) if features else np.empty((0, len(order)))
        parts = [slice(begin, begin + STACK) for begin in range(0, len(order), STACK)]
        return cls(len(contenders), tuple(_stack(pairs[part], outcome[part], rows[:, part]) for part in parts))

    def point(self, place: FloatArray) -> Point:
        """Return the gradient [M + K] and the information [M + K, M + K] of the log-likelihood."""
        coefficients, gaps = place[self.size :], _gaps(place[: self.size])
        num_features = len(coefficients)
        totals = np.zeros((2 + num_features, self.size**2))
        gradient, inner = np.zeros(num_features), np.zeros((num_features, num_features))
        for stack in self.stacks:
            chance = logistic(gaps[stack.pairs] + coefficients @ stack.features)
            values = np.empty((2 + num_features, len(chance)))
            surprise, weight, weighted = values[0], values[1], values[2:]
            np.subtract(stack.outcome, chance, out=surprise)
            np.multiply(chance, 1 - chance, out=weight)
            np.multiply(weight, stack.features, out=weighted)
            stack.add_to(totals, values)
            gradient += stack.features @ surprise
            inner += weighted @ stack.features.T
        surprises, weights, *crosses = totals.reshape(-1, self.size, self.size)
        cross = np.reshape(crosses, (num_features, self.size, self.size))
        return Point(
            np.concatenate([contrast(surprises), gradient]),
            with_gauge(bordered(weights, cross, inner), num_contenders=self.size),
        )

    def sways_one_way(self) -> BoolArray:
        """Return whether the side with more of a feature won all votes in which the sides differ, or lost all [K]."""
        num_features = self.stacks[0].features.shape[0]
        went_with, went_against = np.zeros(num_features, np.bool_), np.zeros(num_features, np.bool_)
        for stack in self.stacks:
            push = stack.features * (stack.outcome - 0.5)
            differs = stack.features != 0
            went_with |= (differs & (push >= 0)).any(axis=1)
            went_against |= (differs & (push <= 0)).any(axis=1)
        return ~(went_with & went_against)

    def varies_within_pairs(self) -> FloatArray:
        """Return the share of each feature's sum of squares that is variation among votes on the same pair [K]."""
        num_features = self.stacks[0].features.shape[0]
        totals = np.zeros((1 + num_features, self.size**2))
        squares = np.zeros(num_features)
        for stack in self.stacks:
            stack.add_to(totals, np.vstack([np.ones_like(stack.outcome), stack.features]))
            squares += (stack.features**2).sum(axis=1)
        counts, *sums = totals.reshape(-1, self.size, self.size)
        # With sides swapped it is the same pair, and the feature has the opposite sign.
        battles, paired = counts + counts.T, [total - total.T for total in sums]
        between = np.array([(total**2 / np.maximum(battles, 1)).sum() / 2 for total in paired])
        return 1.0 - between / np.where(squares > 0, squares, 1.0)

    def meat(self, raw: FloatArray, place: FloatArray) -> FloatArray:
        """Return the sum over votes of s sᵀ, where s has the vote's scores in the raw and in the controlled fit.

        Rows are raw strengths, controlled strengths and coefficients [2 M + K, 2 M + K].
        """
        coefficients, gaps, raw_gaps = place[self.size :], _gaps(place[: self.size]), _gaps(raw)
        num_features = len(coefficients)
        totals = np.zeros((3 + 2 * num_features, self.size**2))
        inner = np.zeros((num_features, num_features))
        for stack in self.stacks:
            raw_surprise = stack.outcome - logistic(raw_gaps[stack.pairs])
            surprise = stack.outcome - logistic(gaps[stack.pairs] + coefficients @ stack.features)
            squared, across = surprise**2, surprise * raw_surprise
            weighted = squared * stack.features
            stack.add_to(totals, np.vstack([raw_surprise**2, squared, across, weighted, across * stack.features]))
            inner += weighted @ stack.features.T
        raw_pair, pair, across_pair, *crosses = totals.reshape(-1, self.size, self.size)
        cross, across_cross = np.reshape(crosses, (2, num_features, self.size, self.size))
        both = np.concatenate([laplacian(across_pair), contrast(across_cross)])
        return np.block([[laplacian(raw_pair), both.T], [both, bordered(pair, cross, inner)]])


def _stack(pairs: IntArray, outcome: FloatArray, features: FloatArray) -> _Stack:
    return _Stack(pairs, np.flatnonzero(np.diff(pairs, prepend=-1)), outcome, features)


def _gaps(strengths: FloatArray) -> FloatArray:
    return (strengths[:, None] - strengths[None, :]).ravel()


def _identify(
    ballots: _Ballots, names: Sequence[str], strengths: FloatArray
) -> tuple[list[str], dict[str, Unidentified]]:
    """Return which features to fit, and why the effects of some are not determined; some of these are fitted too."""
    size = ballots.size
    information = ballots.point(np.concatenate([strengths, np.zeros(len(names))])).information
    edge, inner = information[size:, :size], information[size:, size:]
    alone = inner - edge @ np.linalg.solve(information[:size, :size], edge.T)
    reasons: dict[str, Unidentified] = {}
    own: list[int] = []
    one_way, within = ballots.sways_one_way(), ballots.varies_within_pairs()
    for place, name in enumerate(names):
        if inner[place, place] == 0:
            reasons[name] = Unidentified.NO_DIFFERENCE
        elif one_way[place]:
            reasons[name] = Unidentified.ONE_WAY
        elif within[place] <= LEAST_OWN_SHARE:
            reasons[name] = Unidentified.CONTENDERS
        else:
            own.append(place)
    fitted: list[int] = []
    for place in own:
        if _own_share(alone, place, fitted) > LEAST_OWN_SHARE:
            fitted.append(place)
        if _own_share(alone, place, [other for other in own if other != place]) <= LEAST_OWN_SHARE:
            reasons[names[place]] = Unidentified.FEATURES
    return [names[place] for place in fitted], reasons


def _own_share(covariance: FloatArray, place: int, others: Sequence[int]) -> float:
    """Return the share of a feature's variance that other features do not explain, from 0 to 1."""
    scale = np.sqrt(np.diag(covariance)[[place, *others]])
    correlation = covariance[np.ix_([place, *others], [place, *others])] / np.outer(scale, scale)
    among = np.linalg.pinv(correlation[1:, 1:], rcond=LEAST_OWN_SHARE, hermitian=True)
    return 1.0 - float(correlation[0, 1:] @ among @ correlation[1:, 0])
