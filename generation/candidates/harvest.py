"""The harvest: every candidate that a run's answers brought, with its fate, in the order of the requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from generation.dataset import Example

RECENT = 50


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one candidate: kept, or rejected for a `reason`.

    Attributes:
        request, position: where it comes from: the id of the request, and its place in the answer.
        nearest, score: the text of the pool that is most like its instruction, and their ROUGE-L F.
    """

    request: str
    position: int
    example: Example
    reason: str | None = None
    detail: str = ""
    nearest: str | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Yield:
    """What one request brought: candidates kept, and candidates that were examples at all."""

    kept: int
    parsed: int


# Reasons that say there was no example to judge.
UNREADABLE = {"malformed", "merged_tasks", "no_task", "truncated", "given_up"}


class Harvest:
    """The fates of all candidates so far.

    Attributes:
        kept: the accepted examples.
        fates: those of all candidates.
        yields: those of all requests.
        barren: how many of the latest requests in a row brought no task.
        instructions: how many `take_instructions` returned, None before.
    """

    def __init__(self) -> None:
        self.kept: list[Example] = []
        self.fates: list[Fate] = []
        self.yields: list[Yield] = []
        self.barren = 0
        self.instructions: int | None = None

    def commit(self, fates: Sequence[Fate]) -> None:
        """Add what one request brought."""
        kept = [fate.example for fate in fates if fate.reason is None]
        parsed = sum(fate.reason not in UNREADABLE for fate in fates)
        self.kept += kept
        self.fates += fates
        self.yields.append(Yield(len(kept), parsed))
        self.barren = 0 if any(fate.reason not in ("no_task", "given_up") for fate in fates) else self.barren + 1

    def take_instructions(self) -> list[Example]:
        """Remove the kept instructions and return them; their fates are decided again as whole examples."""
        taken, self.kept, self.yields = self.kept, [], []
        self.instructions = len(taken)
        self.fates = [fate for fate in self.fates if fate.reason is not None]
        return taken

    @property
    def parsed(self) -> int:
        """How many candidates were examples."""
        return sum(one.parsed for one in self.yields)

    def recent_yield(self) -> float:
        """Return the candidates kept a request, of the last 50 requests."""
        return fmean(one.kept for one in self.yields[-RECENT:]) if self.yields else 0.0

    def recent_novelty(self) -> float:
        """Return the share of candidates that was kept, of the last 50 requests; 1 where there were none."""
        recent = self.yields[-RECENT:]
        parsed = sum(one.parsed for one in recent)
        return sum(one.kept for one in recent) / parsed if parsed else 1.0
