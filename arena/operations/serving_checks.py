"""Checks by the process that serves: replies are made there, with its keys and its network, so only it can tell.

The command line and the operators' page store a request, the serving process takes it, and each report is stored as
soon as it is there. The same process checks the active contenders again from time to time.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import timedelta

from arena.battles.rounds import Rounds
from arena.clock import now
from arena.contenders.check import AT_ONCE, CheckReport, activate_checked, check_and_note
from arena.contenders.opened import OpenContenders
from arena.contenders.register import Contenders
from arena.db.finding_tables import CheckRequest, ServingProcess
from arena.db.session import Database
from arena.operations import queries

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
ALIVE_EVERY_S = 5.0
ALIVE_FOR = timedelta(seconds=20)  # a process that was seen within this time serves
TAKEN_WITHIN = timedelta(minutes=10)  # an older request was left by a process that ended
POLL_S = 0.3
COMMAND_LINE = "the command line"


class ServingChecks:
    """Answers requests for checks in a serving process.

    Attributes:
        rounds: the work in the background: to show that this process serves, to look for requests, and to check the
            active contenders every `every_h` hours.
    """

    def __init__(
        self, database: Database, contenders: Contenders, open_contenders: OpenContenders, *, every_h: float
    ) -> None:
        self._database = database
        self._contenders = contenders
        self._open_contenders = open_contenders
        self._name = secrets.token_hex(8)
        self._places = asyncio.Semaphore(AT_ONCE)
        self.rounds = (
            Rounds("show that this process serves", self.show_alive, every_s=ALIVE_EVERY_S),
            Rounds("check contenders on request", self.answer_request, every_s=LOOK_EVERY_S),
            Rounds("check active contenders", self.check_active, every_s=every_h * 3600),
        )

    async def begin(self) -> None:
        """Begin all rounds."""
        await self.show_alive()
        for rounds in self.rounds:
            rounds.begin()

    async def aclose(self) -> None:
        """Stop, and say that this process serves no more."""
        for rounds in self.rounds:
            await rounds.aclose()
        await asyncio.to_thread(self._leave)

    async def show_alive(self) -> None:
        """Store that this process serves now."""
        await asyncio.to_thread(self._see)

    async def answer_request(self) -> None:
        """Take the oldest request that nobody has taken, and make its checks; does nothing if there is none."""
        request = await asyncio.to_thread(self._take)
        if request is None:
            return
        try:
            checks = [self._checked([slug], activates=request.activates) for slug in request.slugs]
            for done in asyncio.as_completed(checks):
                (report,) = await done
                await asyncio.to_thread(self._add_report, request.id, report)
        finally:
            await asyncio.to_thread(self._end, request.id)

    async def check_active(self) -> None:
        """Check the active contenders. One that fails stays active: its battles show whether it must rest."""
        slugs = [row.slug for row in await asyncio.to_thread(self._contenders.active)]
        reports = await self._checked(slugs, activates=False)
        failed = [report.slug for report in reports if not report.passed]
        log.info("active contenders checked number=%s failed=%s", len(reports), ", ".join(failed) or "none")

    async def _checked(self, slugs: Sequence[str], *, activates: bool) -> Sequence[CheckReport]:
        chosen = await asyncio.to_thread(self._contenders.named, slugs)
        check = activate_checked if activates else check_and_note
        async with self._places:
            return await check(self._contenders, chosen, self._open_contenders)

    # In the database; these run in threads

    def _see(self) -> None:
        with self._database.writing() as session:
            row = session.get(ServingProcess, self._name) or ServingProcess(name=self._name)
            row.seen_at = now()
            session.add(row)

    def _leave(self) -> None:
        with self._database.writing() as session:
            if row := session.get(ServingProcess, self._name):
                session.delete(row)

    def _take(self) -> CheckRequest | None:
        with self._database.reading() as session:
            if queries.waiting_request(session, since=now() - TAKEN_WITHIN) is None:
                return None  # nearly always; no write then
        with self._database.writing() as session:
            request = queries.waiting_request(session, since=now() - TAKEN_WITHIN, for_change=True)
            if request:
                request.taken_at = now()
            return request

    def _add_report(self, request_id: int, report: CheckReport) -> None:
        with self._database.writing() as session:
            request = session.get_one(CheckRequest, request_id)
            request.reports = [*request.reports, asdict(report)]

    def _end(self, request_id: int) -> None:
        with self._database.writing() as session:
            session.get_one(CheckRequest, request_id).ended_at = now()


def is_served(database: Database) -> bool:
    """Return whether a process serves this arena now."""
    with database.reading() as session:
        return queries.serves_since(session, now() - ALIVE_FOR)


def request_checks(
    database: Database, slugs: Sequence[str], *, activates: bool = False, asked_by: str = COMMAND_LINE
) -> int:
    """Ask the serving process to check these contenders, and to activate those that pass; return the request's id."""
    with database.writing() as session:
        request = CheckRequest(asked_at=now(), asked_by=asked_by, slugs=list(slugs), activates=activates, reports=[])
        session.add(request)
        session.flush()
        return request.id


def reports_of_server(
    database: Database,
    slugs: Sequence[str],
    *,
    activates: bool = False,
    on_report: Callable[[CheckReport], None] = lambda _: None,
) -> Sequence[CheckReport] | None:
    """Let the serving process check these contenders, and return its reports; None where it ended before it was done.

    `on_report` is called with each report as soon as it is there.
    """
    request_id, told = request_checks(database, slugs, activates=activates), 0
    while True:
        with database.reading() as session:
            request = session.get_one(CheckRequest, request_id)
        reports = [CheckReport.of(table) for table in request.reports]
        for report in reports[told:]:
            on_report(report)
        told = len(reports)
        if request.ended_at:
            by_slug = {report.slug: report for report in reports}
            return [by_slug[slug] for slug in slugs] if {*slugs} <= by_slug.keys() else None
        if not is_served(database):
            return None
        time.sleep(POLL_S)
