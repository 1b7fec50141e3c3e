"""The errors of this package that a person can act on.

LeaderboardError      shown to a person as one sentence and a hint, without a traceback
├── BadVotes          votes that cannot be read; lists the faults with their rows
└── NotEstimable      sound votes that do not determine what was to be estimated
"""

from collections.abc import Sequence
from typing import ClassVar


class LeaderboardError(Exception):
    """Base of all errors of this package that a person can act on.

    Attributes:
        hint: what to do next, or None.
        exit_code: what a command that ends with this error returns.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, sentence: str, *, hint: str | None = None) -> None:
        super().__init__(sentence)
        self.hint = hint


class NotEstimable(LeaderboardError):
    """The votes are sound, but do not determine what was to be estimated."""


class BadVotes(LeaderboardError):
    """Votes that cannot be read. `faults` has one line for each fault, with its row; the message lists them."""

    exit_code = 2

    def __init__(self, sentence: str, faults: Sequence[str] = (), *, hint: str | None = None) -> None:
        super().__init__("\n  ".join([sentence, *faults]), hint=hint)
        self.faults = tuple(faults)
