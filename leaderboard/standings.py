"""The result of a ranking, as it is shown and stored."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from leaderboard.estimate import Estimate
from leaderboard.notes import Note


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
        error: standard error of (contender - mean of its board), in Elo.
        lower: where the interval of the rating begins.
        upper: where it ends.
        rank_upper: best rank that the votes allow, by pairwise differences; 1 is the top of its board.
        rank_lower: worst rank that they allow.
        wins: battles won.
        losses: battles lost.
        ties: battles tied, without the votes for "both bad".
        both_bad: battles in which it was found bad, with the other side.
        win_probability: mean chance of beating another contender of the board, by the ratings.
        component: number of the board; ratings of different boards cannot be compared.
        status: what the rating rests on.
        notes: what a reader has to be told of it; none where the rating speaks for itself.
    """

    contender: str
    rating: float
    error: float
    lower: float
    upper: float
    rank_upper: int
    rank_lower: int
    wins: int
    losses: int
    ties: int
    both_bad: int
    win_probability: float
    component: int
    status: Status
    notes: tuple[Note, ...] = ()

    @property
    def rank(self) -> int:
        """The rank to show: the best that the votes allow."""
        return self.rank_upper

    @property
    def votes(self) -> int:
        """Battles counted."""
        return self.wins + self.losses + self.ties + self.both_bad

    @property
    def win_rate(self) -> float:
        """Wins and half of the ties of both kinds, over votes."""
        return (self.wins + (self.ties + self.both_bad) / 2) / self.votes

    @property
    def both_bad_rate(self) -> float:
        """Share of the votes that found both replies bad."""
        return self.both_bad / self.votes

    def to_dict(self) -> dict[str, Any]:
        """Return the standing as plain values for JSON."""
        first = ("contender", "rating", "lower", "upper", "rank", "votes", "win_rate", "both_bad_rate")
        rest = (name for name in self.__dataclass_fields__ if name not in {*first, "notes"})
        return {name: getattr(self, name) for name in (*first, *rest)} | {
            "status": self.status.value,
            "note_data": [note.to_dict() for note in self.notes],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Standings of all contenders that have votes.

    Attributes:
        standings: in the order of display: board by board, the largest first, each by falling rating.
        unrated: contenders without a vote; they have no rating.
        notes: of the whole ranking, such as why it falls into several boards.
        votes: all votes counted.
        level: probability that an interval holds the true rating.
        boards: ratings with their covariance, one estimate a component, for whoever asks more.
    """

    standings: tuple[Standing, ...]
    unrated: tuple[str, ...]
    notes: tuple[Note, ...]
    votes: int
    level: float
    boards: tuple[Estimate, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the ranking as plain values for JSON. `ratings` is a stable interface: fields are only added."""
        return {
            "ratings": [standing.to_dict() for standing in self.standings],
            "unrated": list(self.unrated),
            "note_data": [note.to_dict() for note in self.notes],
            "votes": self.votes,
            "level": self.level,
        }
