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


class Checked(StrEnum):
    """How a check of a voter ended. An outage of the check is an end of its own, and is never held against a voter."""

    PASSED = "passed"
    FAILED = "failed"
    UNCHECKED = "unchecked"  # could not check


class Held(StrEnum):
    """Why the quotas took a vote out of the count until somebody decides."""

    VOTER_HOUR = "voter-hour"  # more votes of one voter than an hour allows
    VOTER_DAY = "voter-day"
    NETWORK_HOUR = "network-hour"
    NETWORK_DAY = "network-day"
    PROMPT_HOUR = "prompt-hour"  # more votes on one prompt
    PROMPT_DAY = "prompt-day"
    NEWCOMERS_HOUR = "newcomers-hour"  # the network brought more new voters
    NEWCOMERS_DAY = "newcomers-day"
    TRIAL = "trial"  # the voter is too new; counted by itself when the trial is over
    NEW_VOTER = "new-voter"  # the voter exceeded a quota while new
