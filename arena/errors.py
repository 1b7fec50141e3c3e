"""Errors of the arena that a person can fix.

ArenaError                shown as one sentence and a hint, without a traceback
├── BadConfiguration      a setting or file must be corrected; lists every fault at once
├── DatabaseUnavailable   the database gave no answer, or did not accept a change
│   └── DatabaseOutdated  its tables are older or newer than this program
├── NotEnoughContenders   fewer than two can be drawn
├── UnknownContender      no contender has this slug
├── WrongStatus           a contender's status does not allow this
├── ContenderUnfit        a check failed, so it may not become active
├── ProcessFailed         a program that the arena starts did not start, or ended at once
├── UnknownBattle         the battle does not exist, or belongs to another voter
├── UnknownSuspicion      no suspicion or look of the detectors has this number
├── UnknownSnapshot       no snapshot has this id
├── UnknownSeries         no votes were imported under this name
├── SeriesExists          votes were already imported under this name
├── BattleClosed          the battle is void or voted on, so it takes no further prompt
├── BattleBusy            replies are still being written
├── NotVotable            not every reply is finished
├── ConsentNeeded         the voter did not agree to the notice yet
├── UnknownCode           no battle has this erasure code
├── NothingToReport       the answer that a voter reports is not there
├── UnknownFlag           no flag, or no battle, has this number
├── PromptRefused         the prompt is empty, too long, or flagged by moderation
├── ModerationAway        the moderator gives no answer, and this arena sends nothing unchecked
├── BudgetSpent           the arena's or the voter's budget for today is spent
│   └── ContenderSpent    a contender's budget for today is spent; another one is drawn instead
├── UnknownCampaign       no campaign has this name, or no rater this link
├── CampaignNotReady      its state, or what it still lacks, does not allow this
├── QuotaReached          this voter, network or prompt is behind as many questions as an hour or a day allows
├── ProofNeeded           very many questions come from this network: the browser must solve a challenge first
├── ProofRefused          the solution of a challenge is wrong, too old, used, or another voter's
└── TooBusy               this voter, this network or the arena has reached its limit of running battles
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
    """A setting or file must be corrected. `faults` has one line for each fault, with its place."""

    exit_code = 2

    def __init__(self, sentence: str, faults: Sequence[str] = (), *, hint: str | None = None) -> None:
        super().__init__("\n  ".join([sentence, *faults]), hint=hint)
        self.faults = tuple(faults)


class DatabaseUnavailable(ArenaError):
    """The database gave no answer, or did not accept a change."""


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
    """A program that the arena starts did not start, or ended at once."""


class UnknownBattle(ArenaError):
    """The battle does not exist, or belongs to another voter."""


class UnknownSuspicion(ArenaError):
    """No suspicion, or look of the detectors, has this number."""


class UnknownSnapshot(ArenaError):
    """No snapshot has this id."""


class UnknownSeries(ArenaError):
    """No votes were imported under this name."""


class SeriesExists(ArenaError):
    """Votes were already imported under this name."""


class BattleClosed(ArenaError):
    """The battle is void or voted on, so it takes no further prompt."""


class BattleBusy(ArenaError):
    """Replies are still being written."""


class NothingToReport(ArenaError):
    """The answer that a voter reports is still being written, or there is none."""


class UnknownFlag(ArenaError):
    """No flag, or no battle, has this number."""


class NotVotable(ArenaError):
    """Not every reply of the battle is finished."""


class ConsentNeeded(ArenaError):
    """The voter has not agreed to the notice, or not to the present one."""


class UnknownCode(ArenaError):
    """No battle has this erasure code."""


class PromptRefused(ArenaError):
    """The prompt is empty, longer than allowed, or moderation flagged it."""


class ModerationAway(ArenaError):
    """The moderator gives no answer, and this arena sends nothing that was not checked."""


class BudgetSpent(ArenaError):
    """The arena's or the voter's budget for today is spent."""


class ContenderSpent(BudgetSpent):
    """A contender cannot answer within its budget for today. `slug` is for maintainers; the sentence names nobody."""

    def __init__(self, slug: str) -> None:
        super().__init__(
            "This battle cannot go on today: the budget for its answers is spent.",
            hint="Vote if you can, or begin a new battle.",
        )
        self.slug = slug


class UnknownCampaign(ArenaError):
    """No campaign has this name, or no rater this link."""


class CampaignNotReady(ArenaError):
    """The campaign's state, or what it still lacks, does not allow this."""


class QuotaReached(ArenaError):
    """This voter, network or prompt is behind as many questions as an hour or a day allows."""


class ProofNeeded(ArenaError):
    """Very many questions come from this network: a new voter's browser must solve a challenge first.

    Attributes:
        heat: how many times as much as makes a network hot comes from there.
        challenge: the challenge as JSON; empty until it is made.
    """

    def __init__(self, *, heat: float) -> None:
        super().__init__("Very many questions come from your network.", hint="Your browser solves a small task first.")
        self.heat = heat
        self.challenge = ""


class ProofRefused(ArenaError):
    """The solution of a challenge is wrong, too old, was used before, or belongs to another voter."""


class TooBusy(ArenaError):
    """This voter, this network or the arena has reached its limit of running battles."""
