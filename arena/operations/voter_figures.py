"""Figures on voters for maintainers: which quotas were reached, and how the checks of votes ended."""

from dataclasses import dataclass
from datetime import timedelta

from arena.clock import now
from arena.db.session import Database
from arena.db.states import Checked
from arena.voters import queries


@dataclass(frozen=True, slots=True)
class ReachedQuota:
    """A quota by its name, how many times it was reached, and by how many voters, networks or prompts."""

    quota: str
    times: int
    subjects: int


@dataclass(frozen=True, slots=True)
class VoterFigures:
    """Figures over some days.

    Attributes:
        reached: the quotas that were reached; what happened in the last minute may be missing.
        passed: number of votes within all quotas.
        failed: number of votes above a quota.
        unchecked: number of votes that could not be checked. They count.
        unchecked_proofs: number of battles whose proof of work could not be checked. Their votes count.
    """

    reached: tuple[ReachedQuota, ...]
    passed: int
    failed: int
    unchecked: int
    unchecked_proofs: int


def recent_voter_figures(database: Database, *, days: float) -> VoterFigures:
    """Return the figures on voters over the last `days`."""
    since = now() - timedelta(days=days)
    with database.reading() as session:
        votes = queries.checked_votes(session, since=since)
        return VoterFigures(
            reached=tuple(ReachedQuota(*row) for row in queries.reached_since(session, since)),
            passed=votes.get(Checked.PASSED, 0),
            failed=votes.get(Checked.FAILED, 0),
            unchecked=votes.get(Checked.UNCHECKED, 0),
            unchecked_proofs=queries.unchecked_proofs(session, since=since),
        )
