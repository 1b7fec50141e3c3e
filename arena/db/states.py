"""The words that columns hold: sides, and where a battle, a reply and a contender stand."""

from enum import StrEnum
from typing import Literal, NewType

Side = Literal["a", "b"]
SIDES: tuple[Side, Side] = ("a", "b")
# What the browser holds of a battle: an opaque random word.
Handle = NewType("Handle", str)
# What the database holds of a voter: a hash of the cookie.
VoterKey = NewType("VoterKey", str)


class BattleStatus(StrEnum):
    """Open until it is voted, or void because a side failed."""

    OPEN = "open"
    VOTED = "voted"
    VOID = "void"


class ReplyStatus(StrEnum):
    """How far a reply has come."""

    STREAMING = "streaming"
    FINISHED = "finished"
    STOPPED = "stopped"  # by the voter
    INTERRUPTED = "interrupted"  # the voter left, or this server restarted
    FAILED = "failed"  # the endpoint's fault; makes the battle void


class ContenderStatus(StrEnum):
    """A candidate is registered, an active contender is drawn, a paused one waits, a retired one is history."""

    CANDIDATE = "candidate"
    ACTIVE = "active"
    PAUSED = "paused"
    RETIRED = "retired"
