"""Views: everything that a voter may see of a battle. They name the contenders only after the vote is committed.

`Battles` makes these views and pages show them. They are plain frozen values without table rows or contender ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from arena.db.states import BattleStatus, Handle, ReplyStatus, Side
from leaderboard import Verdict


@dataclass(frozen=True, slots=True)
class ReplyView:
    """One side's reply so far: Markdown text as the contender wrote it, not sanitised.

    Attributes:
        cut_off: this reply, or before the vote the other one of the turn, ended at its length limit.
        withheld: moderation flagged the reply, so the text is empty.
        declined: the vendor refused the prompt because of what it says.
        thinking: the thinking before the answer, empty if there was none; None where the arena does not show it. So
            both sides have it or neither, and where it is hidden nothing tells that a side thinks.
    """

    text: str
    status: ReplyStatus
    cut_off: bool = False
    withheld: bool = False
    declined: bool = False
    thinking: str | None = None


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
    """Facts about a contender for the reveal and the leaderboard. Unknown ones are empty."""

    slug: str
    label: str
    organisation: str
    licence: str
    lineage: str


@dataclass(frozen=True, slots=True)
class Effort:
    """Tokens, time, cost and energy of one side's replies, all turns together.

    Attributes:
        tokens: tokens written.
        counted: whether the endpoint counted the tokens; otherwise they are estimated from the text.
        seconds: time from each prompt to the end of its reply, added up.
        usd: cost in US dollars, or None where no price is known.
        usd_basis: the source of the price.
        wh: lowest and highest energy in watt-hours under the assumptions, or None where the size is not known.
        wh_basis: these assumptions.
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
    """The names and the verdict. Made only after the vote is committed.

    Attributes:
        not_counted: why the vote is left out of the ratings; empty if it counts.
        erasure_code: with it anybody can have this battle erased; empty where the battle has none.
        held: the reason as a word (a `Held`), where it is one of the quotas'.
    """

    verdict: Verdict
    a: ContenderCard
    b: ContenderCard
    efforts: Mapping[Side, Effort] = field(default_factory=dict)
    not_counted: str = ""
    erasure_code: str = ""
    held: str = ""


@dataclass(frozen=True, slots=True)
class BattleView:
    """A battle as its voter sees it.

    Attributes:
        running: replies are being written now; `Battles.watch` follows them.
        votable: every turn has two finished replies, and no vote was cast.
        askable: another prompt may be sent.
        regenerable: the last turn may be answered again.
        reveal: the names, after the vote.
        queue_position: the longest wait of the two sides, as a place in the queue of a busy endpoint, from 1; 0 when
            neither waits. It does not tell which side waits.
        unchecked: something that is shown was not checked, because the moderator could not be reached.
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
