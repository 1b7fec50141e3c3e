"""Why a run ends, and what its command returns."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a run ended. Every run but one at its target can be resumed."""

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
        """0 at the target, 3 where a limit or a plateau came first, 1 where the endpoint failed, 130 by Ctrl-C."""
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
    """The run ends here with everything it paid for in its journal."""

    def __init__(self, reason: Reason, sentence: str, *, hint: str | None = None) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.hint = hint
