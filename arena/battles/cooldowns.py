"""Cooldowns: a contender that keeps failing rests, and is drawn again only after it answered a probe.

A rest begins after three failures in a row within a few minutes, or when the endpoint itself asks for one (Retry-After
or a spent quota). But a voter can make a healthy endpoint fail, for example by a prompt whose answer takes longer than
the arena waits. If one of the three can be such a failure, the contender is only suspected: it is drawn as before until
a request of the arena's own says how it is, and rests only if that fails. So nobody can silence a contender.

A rest lasts half a minute; each further rest is twice as long, up to ten minutes. When it is over, the
arena sends one tiny request. If that is answered, the contender is drawn again, and its next finished reply ends the
doubling. All of this is stored in the contender's row, so other processes and a restarted one know it too.
"""

import asyncio
import logging
import math
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from arena.battles import queries
from arena.battles.race import LiveReply
from arena.battles.rounds import Rounds
from arena.clock import now
from arena.contenders.check import answers
from arena.contenders.endpoint import Endpoint
from arena.contenders.opened import OpenContenders
from arena.db.session import Database, Session
from arena.db.states import ReplyStatus
from arena.db.tables import Contender

log = logging.getLogger(__name__)

FAILURES = 3
WITHIN = timedelta(minutes=3)
FIRST_S, LONGEST_S = 30.0, 600.0
# After this many doublings the longest rest is reached, so no more are counted.
MOST_DOUBLINGS = math.ceil(math.log2(LONGEST_S / FIRST_S))
SHORT_REQUEST_S = 5.0  # an endpoint that asks for a rest this short is still drawn
LOOK_EVERY_S = 5.0
# Failures that say nothing about the endpoint's health.
NOT_ITS_HEALTH = {
    *("context_too_long", "content_filtered", "prompt_declined", "too_long", "not_recorded"),
    *("flagged", "unmoderated", "bug"),
}
# Failures that a prompt can bring about: of an endless answer, of an empty one, of one that the endpoint refuses.
VOTERS_CAN_CAUSE = {"total_timeout", "empty_reply", "only_thinking", "rejected"}
PROBE_AGAIN_S = 60.0  # a suspected contender is probed at most so often; each probe may cost money
# A contender with several servers: these failures are of one server, which rests alone (generation.backends.routed).
# If no server is left, the failure is "unreachable".
OF_ONE_SERVER = {"server_fault", "first_token_timeout", "stalled", "total_timeout", "truncated"}


def note_end(session: Session, contender_id: int, live: LiveReply) -> None:
    """Update the contender's row by the end of one of its replies: begin or extend a rest, or forget past rests."""
    if live.status is ReplyStatus.FINISHED:
        queries.forget_rests(session, contender_id)
    elif live.status is ReplyStatus.FAILED:
        session.flush()
        contender = session.get_one(Contender, contender_id)
        requested_s = LONGEST_S if live.failure == "quota_exhausted" else live.retry_after_s or 0.0
        if contender.cooling_until is not None:
            # It rests already. Replies that were running when the rest began must not lengthen it.
            contender.cooling_until = max(
                contender.cooling_until, now() + timedelta(seconds=min(requested_s, LONGEST_S))
            )
        elif requested_s > SHORT_REQUEST_S:
            rest(contender, at_least_s=requested_s)
        elif failures := _failures_in_a_row(session, contender):
            if failures & VOTERS_CAN_CAUSE:
                contender.suspected_at = contender.suspected_at or now()
            else:
                rest(contender)


def rest(contender: Contender, *, at_least_s: float = 0.0) -> None:
    """Begin a rest of at least `at_least_s` seconds, twice as long as the one before."""
    own_s = FIRST_S * 2 ** min(contender.cooldowns, MOST_DOUBLINGS)
    contender.cooling_until = now() + timedelta(seconds=min(max(own_s, at_least_s), LONGEST_S))
    contender.cooldowns = min(contender.cooldowns, MOST_DOUBLINGS - 1) + 1
    contender.suspected_at = None
    log.warning("a contender rests contender=%s until=%s", contender.slug, contender.cooling_until)


def _failures_in_a_row(session: Session, contender: Contender) -> set[str]:
    """Return the kinds of a contender's last failures if there are as many as begin a rest, else nothing."""
    ignored = NOT_ITS_HEALTH | (OF_ONE_SERVER if Endpoint.of(contender).has_several_servers else set())
    last = queries.last_ends(session, contender.id, number=FAILURES)
    failing = len(last) == FAILURES and all(
        status is ReplyStatus.FAILED and failure not in ignored and started_at > now() - WITHIN
        for status, failure, started_at in last
    )
    return {failure for _, failure, _ in last} if failing else set()


class Cooldowns:
    """Sends the probes after which contenders are drawn again."""

    def __init__(self, database: Database, open_contenders: OpenContenders) -> None:
        self._database = database
        self._open_contenders = open_contenders
        self._probed_at: dict[int, float] = {}
        self.rounds = Rounds("probe contenders that rest", lambda: self.probe_due(now()), every_s=LOOK_EVERY_S)

    async def probe_due(self, moment: datetime) -> None:
        """Probe each contender whose rest is over at `moment`, or that is suspected.

        Those that answer are drawn again, or go on being drawn; others rest.
        """
        due = await asyncio.to_thread(self._due, moment)
        answered = await asyncio.gather(*(answers(contender, self._open_contenders) for contender in due))
        if due:
            ids = {contender.id: answer for contender, answer in zip(due, answered, strict=True)}
            await asyncio.to_thread(self._note, ids)

    def _due(self, moment: datetime) -> Sequence[Contender]:
        with self._database.reading() as session:
            suspected = [row for row in queries.suspected(session) if self._may_probe(row.id)]
            return [*queries.rested(session, moment), *suspected]

    def _may_probe(self, contender_id: int) -> bool:
        """Return whether the last probe of a suspected contender is long enough ago."""
        last = self._probed_at.get(contender_id)
        if last is not None and time.monotonic() - last < PROBE_AGAIN_S:
            return False
        self._probed_at[contender_id] = time.monotonic()
        return True

    def _note(self, answered: dict[int, bool]) -> None:
        with self._database.writing() as session:
            for contender_id, answer in answered.items():
                contender = session.get_one(Contender, contender_id)
                if answer:
                    contender.cooling_until = contender.suspected_at = None
                    log.warning("a contender answers again contender=%s", contender.slug)
                else:
                    rest(contender)
