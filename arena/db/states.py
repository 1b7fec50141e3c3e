"""The words that columns hold: sides, and the states of a battle, a reply and a contender."""

from enum import StrEnum
from typing import Literal, NewType

Side = Literal["a", "b"]
SIDES: tuple[Side, Side] = ("a", "b")
# The browser's name for a battle: a random word.
Handle = NewType("Handle", str)
# The database's name for a voter: a hash of the cookie.
VoterKey = NewType("VoterKey", str)


class BattleStatus(StrEnum):
    """A battle is open until it is voted on; a failed side makes it void."""

    OPEN = "open"
    VOTED = "voted"
    VOID = "void"


class ReplyStatus(StrEnum):
    """The state of a reply."""

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
