"""What a voter may see of a battle. Nothing here tells who answers until the vote is committed.

`Battles` makes these views and pages show them. They are plain frozen values: no table rows, no contender ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from arena.db.states import BattleStatus, Handle, ReplyStatus, Side
from leaderboard import Verdict


@dataclass(frozen=True, slots=True)
class ReplyView:
    """One side's reply so far: Markdown text as the contender wrote it, not sanitised.

    Attributes:
        cut_off: the reply is whole as far as it goes, but hit its length limit.
        withheld: moderation flagged it; the text is empty.
    """

    text: str
    status: ReplyStatus
    cut_off: bool = False
    withheld: bool = False


@dataclass(frozen=True, slots=True)
class TurnView:
    """A prompt and its two current replies; `attempt` counts from 1 and grows with each regeneration."""

    prompt: str
    a: ReplyView
    b: ReplyView
    attempt: int = 1

    def reply(self, side: Side) -> ReplyView:
        """Return the reply of one side."""
        return self.a if side == "a" else self.b


@dataclass(frozen=True, slots=True)
class ContenderCard:
    """Who wrote a side, for the reveal and the leaderboard. Empty strings where unknown."""

    slug: str
    label: str
    organisation: str
    licence: str
    lineage: str


@dataclass(frozen=True, slots=True)
class Effort:
    """What the replies of one side took, all turns together.

    Attributes:
        tokens: written.
        counted: by the endpoint; else they are estimated from the text.
        seconds: from each prompt to the end of its reply.
        usd: US dollars, or None where no price is known.
        usd_basis: where the price comes from.
        wh: watt-hours, the lowest and the highest that the assumptions give; None where the size is not known.
        wh_basis: the assumptions.
    """

    tokens: int
    counted: bool
    seconds: float
    usd: float | None = None
    usd_basis: str = ""
    wh: tuple[float, float] | None = None
    wh_basis: str = ""


@dataclass(frozen=True, slots=True)
class Reveal:
    """The names and the verdict. Exists only when the vote is committed.

    Attributes:
        not_counted: why the vote is kept out of the ratings; empty where it counts.
    """

    verdict: Verdict
    a: ContenderCard
    b: ContenderCard
    efforts: Mapping[Side, Effort] = field(default_factory=dict)
    not_counted: str = ""


@dataclass(frozen=True, slots=True)
class BattleView:
    """A battle as its voter sees it.

    Attributes:
        running: replies are being written now; `Battles.watch` follows them.
        votable: every turn has two whole replies and no vote was cast.
        askable: another prompt may be sent.
        regenerable: the last turn may be answered anew.
        reveal: the names, after the vote.
        queue_position: the place in the queue of an endpoint that is busy, from 1; 0 while nobody waits. Does not
            tell which side waits.
        unchecked: moderation could not be reached for something that is shown.
    """

    handle: Handle
    status: BattleStatus
    turns: tuple[TurnView, ...]
    running: bool = False
    votable: bool = False
    askable: bool = False
    regenerable: bool = False
    reveal: Reveal | None = None
    queue_position: int = 0
    unchecked: bool = False
