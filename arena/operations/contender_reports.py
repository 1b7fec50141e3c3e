"""Everything that a maintainer may want to know of one contender, and what a maintainer may do with it from the page.

The same rules hold as on the command line, because both go through the register.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from arena.audit_log.acting import acting
from arena.battles.budgets import account_of
from arena.clock import now
from arena.contenders.findings import EndpointFacts, facts_of_endpoint, learned_of
from arena.contenders.register import Contenders
from arena.db.finding_tables import CheckRequest
from arena.db.queries import StatusNote, last_check, status_history
from arena.db.session import Database
from arena.db.states import ContenderStatus
from arena.db.tables import Check, Contender, Spending
from arena.operations import queries
from arena.operations.serving_checks import request_checks
from generation.backends.learned import Learned

NUM_FAILURES = 20
MAX_REASON_CHARS = 200
ACTS = ("pause", "resume", "check")


@dataclass(frozen=True, slots=True)
class FailureNote:
    """A reply that failed: when it was begun, the kind of failure, and what was said of it."""

    at: datetime
    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class ContenderReport:
    """One contender as its maintainers see it.

    Attributes:
        contender: its row.
        versions: all versions of it, the newest first.
        failures: its latest failed replies, the newest first.
        check: its last check, of whatever version.
        learned: what its backend is opened with; None where it was not checked as it is now.
        facts: what the check saw of the endpoint; likewise.
        found_at: when.
        history: all changes of its status, the newest first.
        usd_today: US dollars spent or reserved since midnight (UTC), if it has a budget.
        request: the latest request for a check that is waiting or running; None where there is none.
    """

    contender: Contender
    versions: Sequence[Contender]
    failures: Sequence[FailureNote]
    check: Check | None
    learned: Learned | None
    facts: EndpointFacts | None
    found_at: datetime | None
    history: Sequence[StatusNote]
    usd_today: float
    request: CheckRequest | None

    @property
    def may(self) -> Sequence[str]:
        """What a maintainer may do now, of `ACTS`."""
        allowed: Mapping[str, bool] = {
            "pause": self.contender.status is ContenderStatus.ACTIVE,
            "resume": self.contender.status in {ContenderStatus.CANDIDATE, ContenderStatus.PAUSED},
            "check": self.contender.status is not ContenderStatus.RETIRED,
        }
        return [act for act in ACTS if allowed[act]]


def report_of(database: Database, contenders: Contenders, slug: str) -> ContenderReport:
    """Return the report on the contender with this slug.

    Raises:
        UnknownContender: there is none.
    """
    (row,) = contenders.named([slug])
    with database.reading() as session:
        spending: Any = session.get(Spending, (now().date(), account_of(row)))
        facts = facts_of_endpoint(row)
        return ContenderReport(
            contender=row,
            versions=sorted(
                (one for one in contenders.list() if one.name == row.name), key=lambda one: one.version, reverse=True
            ),
            failures=[FailureNote(*note) for note in queries.last_failures(session, row.id, number=NUM_FAILURES)],
            check=last_check(session, row.id),
            learned=learned_of(row),
            facts=facts,
            found_at=row.findings.at if facts and row.findings else None,
            history=[note for note in status_history(session) if note.slug == row.slug],
            usd_today=spending.usd if spending else 0.0,
            request=queries.open_request(session, row.slug),
        )


def act_on(database: Database, contenders: Contenders, slug: str, act: str, *, who: str, reason: str) -> None:
    """Pause, resume or check a contender. The act is stored with who did it and when.

    Raises:
        UnknownContender: no contender has this slug.
        WrongStatus: its status does not allow that.
        ContenderUnfit: its present version has not passed a check, or its licences need an acknowledgement.
    """
    (row,) = contenders.named([slug])
    because = " ".join(reason.split())[:MAX_REASON_CHARS]
    note = f"{because} ({who}, from the operators' page)" if because else f"by {who}, from the operators' page"
    with acting("/operations", who=who):
        if act == "pause":
            contenders.pause(row.slug, note)
        elif act == "resume":
            contenders.activate(row.slug, note)
        else:
            request_checks(database, [row.slug], asked_by=who)
