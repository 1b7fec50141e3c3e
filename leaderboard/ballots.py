"""What single votes say of a fit: the score and the information that each adds to its likelihood.

Errors that allow for dependent votes are made from them. A vote on the contenders i and j touches the gap of their
strengths, and the K further parameters of a fit, such as a tie rate or the effects of style.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from leaderboard.arrays import BoolArray, FloatArray, IntArray
from leaderboard.votes import Votes


@dataclass(frozen=True, eq=False, slots=True)
class Labelled:
    """Votes with labels; votes that share one may depend on each other.

    Attributes:
        votes: the votes.
        labels: a column for each way in which they may depend, such as `voter` and `prompt`; a vote without a label
            shares it with no other [N].
    """

    votes: Votes
    labels: pd.DataFrame


@dataclass(frozen=True, eq=False, slots=True)
class Ballots:
    """The votes among M contenders at the maximum of a likelihood with M + K parameters.

    Attributes:
        left, right: the places of each vote's contenders [N].
        gap: derivative of its log-likelihood by the gap of their strengths [N].
        extra: derivatives by the further parameters [N, K].
        gap_gap, gap_extra, extra_extra: minus the second derivatives [N], [N, K] and [N, K, K].
        bread: the inverse of the information of all votes [M + K, M + K].
        further_meat: a part of the scores' variation that is in no vote's score [M, M].
    """

    left: IntArray
    right: IntArray
    gap: FloatArray
    extra: FloatArray
    gap_gap: FloatArray
    gap_extra: FloatArray
    extra_extra: FloatArray
    bread: FloatArray
    further_meat: FloatArray

    @property
    def size(self) -> int:
        """The number of contenders, M."""
        return len(self.further_meat)


def of_gaps(
    left: IntArray, right: IntArray, gap: FloatArray, gap_gap: FloatArray, bread: FloatArray, further_meat: FloatArray
) -> Ballots:
    """Return the ballots of a likelihood without further parameters."""
    nothing = np.empty((len(gap), 0))
    return Ballots(left, right, gap, nothing, gap_gap, nothing, nothing[:, :, None], bread, further_meat)


def among(votes: Votes, contenders: tuple[str, ...]) -> tuple[BoolArray, IntArray, IntArray]:
    """Return which votes are among these contenders [N], and the places of the left and right ones of these [n]."""
    places = votes.places_in(contenders)
    left, right = places[votes.left], places[votes.right]
    inside = (left >= 0) & (right >= 0)
    return inside, left[inside], right[inside]
