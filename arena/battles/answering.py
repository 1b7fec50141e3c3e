"""Answering: one side of a battle, from the question to the stored end of its reply.

A reply waits for a place at its endpoint, is limited in time and size, and is moderated before it counts as finished.
Its end is stored in one transaction: the text, the cost, the settled budget, the endpoint's health, and, if the reply
failed, that the battle is void.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing

from arena.battles.budgets import Budgets, Reservation
from arena.battles.cooldowns import note_end
from arena.battles.lanes import Lanes, in_lane
from arena.battles.race import LiveReply, Stream
from arena.battles.record import Asked, store_cost, store_live
from arena.battles.retrying import saved
from arena.battles.self_naming import names_itself
from arena.clock import now
from arena.contenders.opened import OpenContenders
from arena.db import queries
from arena.db.session import Database, Session
from arena.db.states import BattleStatus, ReplyStatus
from arena.db.tables import Flag, Reply
from arena.errors import ArenaError, DatabaseUnavailable
from arena.moderation.moderation import Flagged, Moderation, ModerationOutcome, Ruling, Unmoderated
from generation.backends.limits import limited
from generation.conversation import End, Piece, Transcript
from generation.errors import GenerationError, Rejected

log = logging.getLogger(__name__)

GLANCE_EVERY_CHARS = 40  # about ten tokens


class Answering:
    """Asks contenders and stores the ends of their replies."""

    def __init__(
        self,
        database: Database,
        open_contenders: OpenContenders,
        *,
        budgets: Budgets,
        lanes: Lanes,
        moderation: Moderation,
        thinking: str = "hidden",
    ) -> None:
        self._database = database
        self._open_contenders = open_contenders
        self._budgets = budgets
        self._lanes = lanes
        self._moderation = moderation
        self._thinking = thinking

    def stream(self, asked: Asked) -> Callable[[], Stream]:
        """Return a function that starts the reply: its stream waits for a place, then asks, and is moderated."""

        def begin() -> Stream:
            replying = self._moderated(self._replying(asked), asked)
            lane = self._lanes.of(asked.contender)
            return in_lane(lane, replying) if lane else replying

        return begin

    async def store_end(self, reply_id: int, live: LiveReply, asked: Asked, reservation: Reservation) -> None:
        """Store the end of a reply with its consequences, in one transaction.

        Whatever the reply holds, its end is stored: if its consequences cannot be computed or stored, it ends as failed
        by a bug, and its reservation stays spent. Where the database does not answer, this is logged and nothing is
        raised.
        """
        if live.status is ReplyStatus.FAILED:
            log.warning(
                "a reply failed contender=%s reply=%s reason=%s: %s",
                asked.contender.slug,
                reply_id,
                live.failure,
                live.failure_detail,
            )
        try:
            await saved(await self._with_consequences(reply_id, live, asked, reservation))
        except DatabaseUnavailable:
            # The row stays "streaming". The next look at the battle marks it as interrupted, so no wrong text is shown.
            log.exception("a reply's end could not be stored reply=%s", reply_id)
        except Exception as bug:
            log.exception("a reply's end broke contender=%s reply=%s", asked.contender.slug, reply_id)
            live.break_down(bug)
            await self._store_breakdown(reply_id, live)

    async def _store_breakdown(self, reply_id: int, live: LiveReply) -> None:
        def store() -> None:
            with self._database.writing() as session:
                row = session.get(Reply, reply_id)
                if row is None:
                    return
                battle = queries.lock_battle(session, row.turn.battle_id)
                battle.status, battle.closed_at = BattleStatus.VOID, now()
                row.status, row.failure, row.failure_detail = live.status, live.failure, live.failure_detail

        try:
            await saved(store)
        except DatabaseUnavailable:
            log.exception("a reply's breakdown could not be stored reply=%s", reply_id)

    async def _with_consequences(
        self, reply_id: int, live: LiveReply, asked: Asked, reservation: Reservation
    ) -> Callable[[], None]:
        """Return what stores the end of a reply; computes what follows from it."""
        cost = asked.cost(live)
        finished = live.status is ReplyStatus.FINISHED
        # Thinking does not count here, unless voters can read it before they vote.
        readable = live.reasoning + "\n" + live.text if self._thinking == "folded" else live.text
        # In a thread: a long answer takes a tenth of a second, and others stream meanwhile.
        not_blind = finished and await asyncio.to_thread(names_itself, asked.contender, readable, asked.prompts)

        def store() -> None:
            with self._database.writing() as session:
                row = session.get(Reply, reply_id)
                if row is None:  # its voter had it erased meanwhile
                    self._budgets.settle(session, reservation, cost.usd)
                    return
                if live.status is ReplyStatus.FAILED:
                    battle = queries.lock_battle(session, row.turn.battle_id)
                    battle.status, battle.closed_at = BattleStatus.VOID, now()
                store_live(live, row)
                row.names_itself = not_blind
                store_cost(cost, row)
                _store_flag(session, live.ruling, row)
                self._budgets.settle(session, reservation, cost.usd)
                note_end(session, asked.contender.id, live)

        return store

    async def _replying(self, asked: Asked) -> Stream:
        try:
            opened = self._open_contenders.get(asked.contender)
        except (ArenaError, GenerationError) as error:
            raise Rejected(f"`{asked.contender.slug}` cannot be opened: {error}") from error
        answer = opened.backend.stream(asked.messages, opened.sampling)
        async with aclosing(limited(answer, opened.limits)) as events:
            async for event in events:
                yield event

    async def _moderated(self, stream: Stream, asked: Asked) -> Stream:
        """Yield `stream`, but hold back its end until moderation has judged the whole reply.

        Moderators that need no request judge the text while it is written; a flag ends the reply at once.
        """
        told, num_chars, seen = Transcript(), 0, 0
        async with aclosing(stream) as events:
            async for event in events:
                ruling = None
                if isinstance(event, Piece):
                    told.add(event)
                    if event.recalls:
                        num_chars = seen = len(self._shown(told))
                    num_chars += len(event.text) + (len(event.reasoning) if self._thinking != "hidden" else 0)
                    if num_chars - seen >= GLANCE_EVERY_CHARS:
                        ruling, seen = self._moderation.glance(self._shown(told), since=seen), num_chars
                elif isinstance(event, End):
                    ruling = await self._moderation.of_reply(asked.messages[-1].content, self._shown(told))
                if ruling:
                    yield ruling
                    self._refuse(ruling)
                yield event

    def _shown(self, told: Transcript) -> str:
        """Return what a voter may read of a reply, before the vote or after it."""
        return told.text if self._thinking == "hidden" else told.reasoning + told.text

    def _refuse(self, ruling: Ruling) -> None:
        if ruling.outcome is ModerationOutcome.FLAGGED:
            raise Flagged(f"{ruling.moderator}: {', '.join(ruling.categories)}")
        if ruling.outcome is ModerationOutcome.UNCHECKED and self._moderation.refuses_unchecked:
            raise Unmoderated(f"{ruling.moderator} could not be reached")


def _store_flag(session: Session, ruling: Ruling | None, row: Reply) -> None:
    if ruling is None:
        return
    row.moderation = ruling.outcome
    if ruling.outcome is ModerationOutcome.FLAGGED:
        session.add(
            Flag(
                at=now(),
                turn_id=row.turn_id,
                reply_id=row.id,
                moderator=ruling.moderator,
                categories=list(ruling.categories),
            )
        )
