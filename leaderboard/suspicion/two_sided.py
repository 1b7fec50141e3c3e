"""The other side of a hold: whom it costs votes, and when a person must look first.

An attacker who cannot raise a contender may try to get the honest votes for a rival held: with clumsy votes for that
rival, among people who are many. Voters are held whole and cohorts by what they are about, won or lost, so a hold
should take from both in like measure. It is told where it does not, and a hold of mostly honest votes waits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leaderboard.arrays import FloatArray
from leaderboard.suspicion.grouped import add_up
from leaderboard.suspicion.holds import Hold, held
from leaderboard.suspicion.opened import UNKNOWN, OpenedBattles

# A hold that is mostly of honest votes, and costs a contender more than this share of its votes, waits for a person.
MOST_HONEST_SHARE = 0.02


@dataclass(frozen=True, eq=False, slots=True)
class Sides:
    """What holds cost each contender. A tie is half a win and half a loss.

    Attributes:
        wins: of all votes [M].
        losses: of all votes [M].
        held_wins: of the votes that are held [M].
        held_losses: of the votes that are held [M].
    """

    wins: FloatArray
    losses: FloatArray
    held_wins: FloatArray
    held_losses: FloatArray

    @property
    def tilt(self) -> FloatArray:
        """The share of wins that is held, minus that of losses [M]."""
        return self.held_wins / np.maximum(self.wins, 1) - self.held_losses / np.maximum(self.losses, 1)


def sides(battles: OpenedBattles, holds: Sequence[Hold]) -> Sides:
    """Return what the holds cost each contender."""
    wins, losses = _record(battles.where(battles.voted))
    held_wins, held_losses = _record(battles.where(held(battles, holds)))
    return Sides(wins, losses, held_wins, held_losses)


def _record(votes: OpenedBattles) -> tuple[FloatArray, FloatArray]:
    size, left, right, outcome = votes.num_contenders, votes.left, votes.right, votes.outcome
    wins = add_up(left, outcome, size) + add_up(right, 1 - outcome, size)
    losses = add_up(left, 1 - outcome, size) + add_up(right, outcome, size)
    return wins, losses


def needs_a_person(hold: Hold, battles: OpenedBattles) -> bool:
    """Return whether a hold may not begin by itself: it is mostly of honest votes, and costs its contender many."""
    if hold.subject == UNKNOWN or hold.of == "voter":
        return False
    honest = len(hold.votes) - hold.excess
    about = battles.voted & ((battles.left == hold.subject) | (battles.right == hold.subject))
    return honest > max(len(hold.votes) / 2, MOST_HONEST_SHARE * int(np.count_nonzero(about)))
