"""Position bias: does being shown on the left help? Bradley–Terry with one more parameter, added to the left side."""

import numpy as np
import scipy.linalg

from leaderboard.arrays import FloatArray
from leaderboard.bradley_terry import logistic
from leaderboard.connectivity import largest_core
from leaderboard.covariance import standard_errors
from leaderboard.errors import NotEstimable
from leaderboard.estimate import Measured
from leaderboard.incidence import bordered, contrast, with_gauge
from leaderboard.newton import Point, maximise
from leaderboard.scale import ELO_PER_NAT
from leaderboard.style import LEAST_OWN_SHARE
from leaderboard.tallies import Tallies
from leaderboard.verdict import BOTH_BAD, TIE, A, B


def left_advantage(tallies: Tallies) -> Measured:
    """Return what being shown on the left is worth, in Elo, with its sandwich error; near 0 where voters ignore sides.

    Raises:
        NotEstimable: no two contenders are connected both ways, or who fought whom tells who stood left.
    """
    core = largest_core(tallies)
    cells = core.counts.astype(np.float64)
    won, lost, tied = cells[:, :, A], cells[:, :, B], cells[:, :, TIE] + cells[:, :, BOTH_BAD]
    size = len(core.contenders)

    def evaluate(place: FloatArray) -> Point:
        chance = _left_chance(place)
        surprise = (won + tied / 2) * (1 - chance) - (lost + tied / 2) * chance
        weight = (won + lost + tied) * chance * (1 - chance)
        return Point(np.append(contrast(surprise), surprise.sum()), with_gauge(_with_side(weight), num_contenders=size))

    even = np.zeros(size + 1)
    if _own_share(evaluate(even).information) <= LEAST_OWN_SHARE:
        raise NotEstimable("The votes cannot tell standing left from who stood there.")
    optimum = maximise(evaluate, even)
    chance = _left_chance(optimum.place)
    meat = _with_side(won * (1 - chance) ** 2 + lost * chance**2 + tied * (0.5 - chance) ** 2)
    row = scipy.linalg.inv(optimum.information)[-1]
    return Measured(ELO_PER_NAT * float(optimum.place[-1]), ELO_PER_NAT * float(standard_errors(row @ meat @ row)))


def _own_share(information: FloatArray) -> float:
    """Return the share of what the votes say of the side that the contenders do not explain, 0 to 1."""
    contenders, edge, side = information[:-1, :-1], information[-1, :-1], information[-1, -1]
    return float(1 - edge @ np.linalg.solve(contenders, edge) / side)


def _left_chance(place: FloatArray) -> FloatArray:
    strengths, side = place[:-1], place[-1]
    return logistic(strengths[:, None] - strengths[None, :] + side)


def _with_side(pair: FloatArray) -> FloatArray:
    return bordered(pair, pair[None], np.array([[pair.sum()]]))
