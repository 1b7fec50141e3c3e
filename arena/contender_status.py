"""Where a contender stands."""

from enum import StrEnum


class ContenderStatus(StrEnum):
    """A candidate is registered, an active contender is drawn, a paused one waits, a retired one is history."""

    CANDIDATE = "candidate"
    ACTIVE = "active"
    PAUSED = "paused"
    RETIRED = "retired"
