"""Stopping: why a run ends, and the exit code of its command."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a run ended. A run that ended before its target can be resumed."""

    TARGET = "target"
    COST = "cost"
    REQUESTS = "requests"
    HOURS = "hours"
    PLATEAU = "plateau"
    BARREN = "barren"
    FAILURES = "failures"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"

    @property
    def exit_code(self) -> int:
        """0 at the target, 3 at a limit or a plateau, 1 if the endpoint was of no use, 130 after Ctrl-C."""
        match self:
            case Reason.TARGET:
                return 0
            case Reason.COST | Reason.REQUESTS | Reason.HOURS | Reason.PLATEAU:
                return 3
            case Reason.INTERRUPTED:
                return 130
            case _:
                return 1


class Stopped(Exception):
    """The run ends. Every answer that was paid for is in its journal."""

    def __init__(self, reason: Reason, sentence: str, *, hint: str | None = None) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.hint = hint
