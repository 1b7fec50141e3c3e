"""Cooldowns: a contender that keeps failing is not drawn until a probe of ours was answered.

Three failures in a row within a few minutes, or an endpoint's own wish to be left alone, begin a rest of half a
minute, twice as long each time up to ten minutes. After it one tiny request is sent, not by a voter: where it is
answered, the contender is drawn again; the next whole reply ends the doubling. All of it is in the contender's row,
so every process and every restart knows.
"""

import asyncio
import logging
import math
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
# So many doublings reach the longest rest; none is counted beyond them.
MOST_DOUBLINGS = math.ceil(math.log2(LONGEST_S / FIRST_S))
SHORT_WISH_S = 5.0  # an endpoint that wants to rest for so long is not avoided
LOOK_EVERY_S = 5.0
# Failures that say nothing about the endpoint's health.
NOT_ITS_HEALTH = {"context_too_long", "content_filtered", "too_long", "not_recorded", "flagged", "bug"}
# Where a contender has several servers, these are one server's, which rests by itself (generation.backends.routed).
# When none of them is well, the failure is "unreachable".
OF_ONE_SERVER = {"server_fault", "first_token_timeout", "stalled", "total_timeout", "truncated"}


def note_end(session: Session, contender_id: int, live: LiveReply) -> None:
    """Note in the contender's row what the end of a reply says about its endpoint."""
    if live.status is ReplyStatus.FINISHED:
        queries.forget_rests(session, contender_id)
    elif live.status is ReplyStatus.FAILED:
        session.flush()
        contender = session.get_one(Contender, contender_id)
        wish_s = LONGEST_S if live.failure == "quota_exhausted" else live.retry_after_s or 0.0
        if contender.cooling_until is not None:
            # It rests already: replies that were under way when the rest began are no further illness.
            contender.cooling_until = max(contender.cooling_until, now() + timedelta(seconds=min(wish_s, LONGEST_S)))
        elif wish_s > SHORT_WISH_S or _keeps_failing(session, contender):
            rest(contender, at_least_s=wish_s)


def rest(contender: Contender, *, at_least_s: float = 0.0) -> None:
    """Begin a rest, longer than the one before."""
    own_s = FIRST_S * 2 ** min(contender.cooldowns, MOST_DOUBLINGS)
    contender.cooling_until = now() + timedelta(seconds=min(max(own_s, at_least_s), LONGEST_S))
    contender.cooldowns = min(contender.cooldowns, MOST_DOUBLINGS - 1) + 1
    log.warning("contender rests contender=%s until=%s", contender.id, contender.cooling_until)


def _keeps_failing(session: Session, contender: Contender) -> bool:
    innocent = NOT_ITS_HEALTH | (OF_ONE_SERVER if Endpoint.of(contender).has_several_servers else set())
    last = queries.last_ends(session, contender.id, number=FAILURES)
    return len(last) == FAILURES and all(
        status is ReplyStatus.FAILED and failure not in innocent and started_at > now() - WITHIN
        for status, failure, started_at in last
    )


class Cooldowns:
    """Sends the probes that end rests."""

    def __init__(self, database: Database, open_contenders: OpenContenders) -> None:
        self._database = database
        self._open_contenders = open_contenders
        self.rounds = Rounds("probe contenders that rest", lambda: self.probe_due(now()), every_s=LOOK_EVERY_S)

    async def probe_due(self, moment: datetime) -> None:
        """Ask every contender whose rest is over at `moment` for a word; those that answer are drawn again."""
        due = await asyncio.to_thread(self._due, moment)
        answered = await asyncio.gather(*(answers(contender, self._open_contenders) for contender in due))
        if due:
            ids = {contender.id: well for contender, well in zip(due, answered, strict=True)}
            await asyncio.to_thread(self._note, ids)

    def _due(self, moment: datetime) -> Sequence[Contender]:
        with self._database.reading() as session:
            return queries.rested(session, moment)

    def _note(self, answered: dict[int, bool]) -> None:
        with self._database.writing() as session:
            for contender_id, well in answered.items():
                contender = session.get_one(Contender, contender_id)
                if well:
                    contender.cooling_until = None
                    log.info("contender answers again contender=%s", contender_id)
                else:
                    rest(contender)
