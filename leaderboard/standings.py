"""The result of a ranking, as it is shown and stored."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from leaderboard.estimate import Estimate


class Status(StrEnum):
    """What a rating rests on."""

    ESTABLISHED = "established"
    PROVISIONAL = "provisional"
    UNBEATEN = "unbeaten"
    WINLESS = "winless"
    ONE_WAY = "one-way"
    ONLY_TIES = "only ties"
    NOT_ENOUGH_DATA = "not enough data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One contender's place on its board.

    Attributes:
        contender: its name.
        rating: Elo; the mean of its board is 1000.
        lower: where the interval of the rating begins.
        upper: where it ends.
        rank_upper: best rank that the votes allow, by pairwise differences; 1 is the top of its board.
        rank_lower: worst rank that they allow.
        votes: battles counted.
        wins: of these, won.
        losses: lost.
        ties: tied, without the votes for "both bad".
        both_bad: found bad, with the other side.
        win_rate: wins and half of the ties of both kinds, over votes.
        win_probability: mean chance of beating another contender of the board, by the ratings.
        component: number of the board; ratings of different boards cannot be compared.
        status: what the rating rests on.
        note: a sentence for the reader where the rating needs one, else empty.
    """

    contender: str
    rating: float
    lower: float
    upper: float
    rank_upper: int
    rank_lower: int
    votes: int
    wins: int
    losses: int
    ties: int
    both_bad: int
    win_rate: float
    win_probability: float
    component: int
    status: Status
    note: str = ""

    @property
    def rank(self) -> int:
        """The rank to show: the best that the votes allow."""
        return self.rank_upper

    @property
    def both_bad_rate(self) -> float:
        """Share of the votes that found both replies bad."""
        return self.both_bad / self.votes

    def to_dict(self) -> dict[str, Any]:
        """Return the standing as plain values for JSON."""
        first = ("contender", "rating", "lower", "upper", "rank", "votes")
        rest = (name for name in self.__dataclass_fields__ if name not in first)
        plain = {"status": self.status.value, "both_bad_rate": self.both_bad_rate}
        return {name: getattr(self, name) for name in (*first, *rest)} | plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Standings of all contenders that have votes.

    Attributes:
        standings: in the order of display: board by board, the largest first, each by falling rating.
        unrated: contenders without a vote; they have no rating.
        notes: sentences about the whole ranking, such as why it falls into several boards.
        votes: all votes counted.
        level: probability that an interval holds the true rating.
        boards: ratings with their covariance, one estimate a component, for whoever asks more.
    """

    standings: tuple[Standing, ...]
    unrated: tuple[str, ...]
    notes: tuple[str, ...]
    votes: int
    level: float
    boards: tuple[Estimate, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the ranking as plain values for JSON. `ratings` is a stable interface: fields are only added."""
        return {
            "ratings": [standing.to_dict() for standing in self.standings],
            "unrated": list(self.unrated),
            "notes": list(self.notes),
            "votes": self.votes,
            "level": self.level,
        }
