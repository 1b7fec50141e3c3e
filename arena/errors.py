"""What can go wrong in the arena and be mended by a person.

ArenaError                shown as one sentence and a hint, without a traceback
├── BadConfiguration      a setting or file that must be corrected; lists every fault at once
├── DatabaseUnavailable   the database did not take or give an answer
│   └── DatabaseOutdated  its tables are older or newer than this program
├── NotEnoughContenders   fewer than two can be drawn
├── UnknownContender      no contender has this slug
├── WrongStatus           a contender's status does not allow this
├── ContenderUnfit        a check failed, so it may not become active
├── ProcessFailed         a program that we start did not start, or ended at once
├── UnknownBattle         no such battle, or another voter's
├── UnknownSnapshot       no snapshot has this id
├── UnknownSeries         no votes were imported under this name
├── SeriesExists          votes were imported under this name already
├── BattleClosed          void or voted: nothing more can be asked
├── BattleBusy            replies are still being written
├── NotVotable            not every reply is whole
├── PromptRefused         empty, longer than allowed, or against the rules
├── ModerationAway        what could not be checked is not sent here
├── BudgetSpent           the arena's or the voter's money for today is spent
│   └── ContenderSpent    a contender's is; another one is drawn instead
└── TooBusy               this voter, or the arena, runs as many battles as it may
"""

from collections.abc import Sequence
from typing import ClassVar


class ArenaError(Exception):
    """Base of all errors of this package that a person can act on.

    Attributes:
        hint: what to do next, or None.
        exit_code: what a command that ends with this error returns.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, sentence: str, *, hint: str | None = None) -> None:
        super().__init__(sentence)
        self.hint = hint


class BadConfiguration(ArenaError):
    """A setting or file that must be corrected. `faults` holds one line a fault, each with its place."""

    exit_code = 2

    def __init__(self, sentence: str, faults: Sequence[str] = (), *, hint: str | None = None) -> None:
        super().__init__("\n  ".join([sentence, *faults]), hint=hint)
        self.faults = tuple(faults)


class DatabaseUnavailable(ArenaError):
    """The database did not take or give an answer."""


class DatabaseOutdated(DatabaseUnavailable):
    """The database's tables are older or newer than this program."""


class NotEnoughContenders(ArenaError):
    """Fewer than two contenders can be drawn."""


class UnknownContender(ArenaError):
    """No contender has this slug."""


class WrongStatus(ArenaError):
    """The contender's status does not allow this change."""


class ContenderUnfit(ArenaError):
    """A check failed, so the contender may not become active."""


class ProcessFailed(ArenaError):
    """A program that we start did not start, or ended at once."""


class UnknownBattle(ArenaError):
    """No such battle, or another voter's."""


class UnknownSnapshot(ArenaError):
    """No snapshot has this id."""


class UnknownSeries(ArenaError):
    """No votes were imported under this name."""


class SeriesExists(ArenaError):
    """Votes were imported under this name already."""


class BattleClosed(ArenaError):
    """The battle is void or voted: nothing more can be asked."""


class BattleBusy(ArenaError):
    """Replies are still being written."""


class NotVotable(ArenaError):
    """Not every reply of the battle is whole."""


class PromptRefused(ArenaError):
    """The prompt is empty, longer than allowed, or moderation flagged it."""


class ModerationAway(ArenaError):
    """Moderation cannot be reached, and what was not checked is not sent here."""


class BudgetSpent(ArenaError):
    """The arena's or the voter's budget for today is spent."""


class ContenderSpent(BudgetSpent):
    """A contender cannot answer within its budget of today. `slug` is for maintainers; the sentence tells no name."""

    def __init__(self, slug: str) -> None:
        super().__init__(
            "This battle cannot go on today: the budget for its answers is spent.",
            hint="Vote if you can, or begin a new battle.",
        )
        self.slug = slug


class TooBusy(ArenaError):
    """This voter, or the arena, runs as many battles as it may."""
