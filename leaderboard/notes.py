"""Notes: what a reader has to be told beside the figures, as data. Whoever shows them puts words to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class NoteKind(StrEnum):
    """What a note says; in brackets its contenders, after the colon its figures.

    Attributes:
        NO_VOTES: no two contenders have a vote yet.
        ONLY_CONTENDER: a battle needs two (the only one).
        SEPARATE_BOARDS: the votes fall into boards that cannot be compared: `boards`, how many.
        NEVER_MET_BOARD: a board (its contenders) never met the boards above it: `board`, its number from 1.
        ONE_DIRECTION_BOARD: likewise, but it fought them, in one direction only.
        WITHOUT_VOTES: these (contenders) have no vote and so no rating.
        UNBEATEN: it won all its `votes` and is surely above `lower`; its rating assumes that contenders lie some
            `spread` points around the mean of their board.
        WINLESS: it lost all its `votes` and is surely below `upper`; `spread` likewise.
        ONE_WAY: it beat only contenders that never beat it back, or the reverse; `spread` likewise.
        ONLY_TIES: it only tied; the interval allows for decisive votes that were not seen yet.
        SINGLE_VOTE: it has one vote.
        OTHER_BOARD: it stands on another board than the first: `board`, its number from 1.
        RATED_ABOVE: one is surely better than the other (above, below): `difference`, `low` and `high` in Elo, and
            what they expect it to win: `chance`, `chance_low`, `chance_high`.
        NOT_TOLD_APART: one is rated above the other, but not surely (above, below): `difference`, `low`, `high`.
        ONE_CLUSTER_DECIDES: one is rated above the other, but what dependent votes share decides it (above, below):
            `difference`.
        NO_OWN_BATTLES: these two never met (first, second).
        FIRST_BETTER, SECOND_BETTER, NOT_DECIDED: what their own battles alone say of two (first, second), however often
            one looks: `votes`, and the first's `score` with `lower` and `upper`.
        EQUAL_RATINGS: no number of further battles would separate these two.
        SEPARATED: no further battle is needed to separate them.
        BATTLES_NEEDED: so many further battles would separate them: `votes`.
        OVERTURNED: one would be above the other no more (above, below) without `votes`, a `share` of all.
        NOT_OVERTURNED: no votes are found whose removal would turn the order of two (above, below).
        TIES_OF_DAVIDSON, TIES_OF_RAO_AND_KUPPER: a view in which a tie is an outcome of its own: `log_likelihood`.
        CLUSTERED: a view whose errors allow votes to depend on each other.
        EQUAL_STYLE: a view at equal style.
        TICKER: a view by online Elo, with errors from random orders of the votes: `orders`, how many.
    """

    NO_VOTES = "no-votes"
    ONLY_CONTENDER = "only-contender"
    SEPARATE_BOARDS = "separate-boards"
    NEVER_MET_BOARD = "never-met-board"
    ONE_DIRECTION_BOARD = "one-direction-board"
    WITHOUT_VOTES = "without-votes"
    UNBEATEN = "unbeaten"
    WINLESS = "winless"
    ONE_WAY = "one-way"
    ONLY_TIES = "only-ties"
    SINGLE_VOTE = "single-vote"
    OTHER_BOARD = "other-board"
    RATED_ABOVE = "rated-above"
    NOT_TOLD_APART = "not-told-apart"
    ONE_CLUSTER_DECIDES = "one-cluster-decides"
    NO_OWN_BATTLES = "no-own-battles"
    FIRST_BETTER = "first-better"
    SECOND_BETTER = "second-better"
    NOT_DECIDED = "not-decided"
    EQUAL_RATINGS = "equal-ratings"
    SEPARATED = "separated"
    BATTLES_NEEDED = "battles-needed"
    OVERTURNED = "overturned"
    NOT_OVERTURNED = "not-overturned"
    TIES_OF_DAVIDSON = "ties-of-davidson"
    TIES_OF_RAO_AND_KUPPER = "ties-of-rao-and-kupper"
    CLUSTERED = "clustered"
    EQUAL_STYLE = "equal-style"
    TICKER = "ticker"


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that a reader has to be told.

    Attributes:
        kind: what it says.
        contenders: of whom, by slug, in the order that the kind asks for.
        figures: its numbers by name: ratings and differences in Elo, chances and shares from 0 to 1.
    """

    kind: NoteKind
    contenders: tuple[str, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the note as plain values for JSON."""
        return {"kind": self.kind.value, "contenders": list(self.contenders), "figures": dict(self.figures)}
