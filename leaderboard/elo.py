"""Online Elo: a ticker beside the leaderboard. Its result depends on the order of the votes.

The spread over random orders shows by how much. Boubdir and others, arXiv 2311.17295, recommend a hundred orders.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leaderboard.arrays import FloatArray
from leaderboard.scale import CENTRE
from leaderboard.tallies import OUTCOMES
from leaderboard.votes import Votes


@dataclass(frozen=True, eq=False, slots=True)
class Ticker:
    """Elo ratings after the last vote.

    Attributes:
        contenders: names in the order of the arrays.
        ratings: from the votes in the order in which they came [M].
        mean: of the ratings over random orders of the same votes [M].
        spread: their standard deviation over random orders [M].
    """

    contenders: tuple[str, ...]
    ratings: FloatArray
    mean: FloatArray
    spread: FloatArray


def elo(votes: Votes, rng: np.random.Generator, *, k: float = 4.0, permutations: int = 100) -> Ticker:
    """Rate online: after each vote the winner takes `k` times the surprise from the loser. All start at 1000.

    Args:
        votes: in the order in which they came.
        rng: the source of the random orders.
        k: how many points a complete surprise moves.
        permutations: how many random orders to replay, at least two. A hundred take about ten seconds per million
            votes.
    """
    orders = rng.permuted(np.tile(np.arange(len(votes), dtype=np.int32), (permutations, 1)), axis=1)
    replayed = _replay(votes, orders, k)
    return Ticker(
        contenders=votes.contenders,
        ratings=_play(votes, k),
        mean=replayed.mean(axis=0),
        spread=replayed.std(axis=0, ddof=1),
    )


def _play(votes: Votes, k: float) -> FloatArray:
    ratings = [CENTRE] * len(votes.contenders)
    outcomes = OUTCOMES[votes.verdict]
    for left, right, outcome in zip(votes.left.tolist(), votes.right.tolist(), outcomes.tolist(), strict=True):
        surprise = outcome - 1 / (1 + 10 ** ((ratings[right] - ratings[left]) / 400))
        ratings[left] += k * surprise
        ratings[right] -= k * surprise
    return np.array(ratings)


def _replay(votes: Votes, orders: npt.NDArray[np.int32], k: float) -> FloatArray:
    """Play all orders [P, N] at once, vote by vote [P, M]."""
    ratings = np.full((len(orders), len(votes.contenders)), CENTRE)
    row, outcomes = np.arange(len(orders)), OUTCOMES[votes.verdict]
    for vote in np.ascontiguousarray(orders.T):
        left, right = votes.left[vote], votes.right[vote]
        gap = ratings[row, right] - ratings[row, left]
        change = k * (outcomes[vote] - 1 / (1 + 10 ** (gap / 400)))
        ratings[row, left] += change
        ratings[row, right] -= change
    return ratings
