"""Battles: open, answer, stop, vote, reveal.

Every rule about a battle is here, and the database decides each of them: what a page or a second process believes
does not matter. No widgets (arena.web), no transport (generation.backends).
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.orm import Session

from arena import vote_labels
from arena.battle_record import (
    Asked,
    all_whole,
    current_replies,
    new_replies,
    new_turn,
    now,
    store_cost,
    store_live,
    view_of,
    with_live_text,
)
from arena.battle_view import SIDES, BattleStatus, BattleView, Handle, ReplyStatus, VoterKey
from arena.db import queries, tallies
from arena.db.session import Database
from arena.db.tables import Battle, Reply, Vote
from arena.errors import (
    ArenaError,
    BattleBusy,
    BattleClosed,
    DatabaseUnavailable,
    NotVotable,
    PromptRefused,
    TooBusy,
    UnknownBattle,
)
from arena.lineage import Known, known
from arena.matchmaking import Matchmaker
from arena.open_contenders import OpenContenders
from arena.racing import LiveReply, Race, Stream
from arena.settings import Settings
from generation.backends.limits import limited
from generation.errors import GenerationError, Rejected
from leaderboard import Verdict

log = logging.getLogger(__name__)

CHECKPOINT_S = 1.0  # how much text a crash may cost
SAVING_ATTEMPTS = 3

Result = TypeVar("Result")


@dataclass(slots=True)
class _Running:
    """A battle whose replies are being written by this process; `race` is None while they are being committed."""

    voter: VoterKey
    race: Race | None = None
    reply_ids: tuple[int, int] | None = None


class Battles:
    """The battles of one arena process. Make it inside the event loop that uses it."""

    def __init__(
        self,
        database: Database,
        open_contenders: OpenContenders,
        *,
        settings: Settings,
        matchmaker: Matchmaker | None = None,
    ) -> None:
        self._database = database
        self._open_contenders = open_contenders
        self._settings = settings
        self._matchmaker = matchmaker or Matchmaker(settings.sampling)
        self._running: dict[Handle, _Running] = {}
        self._checkpoints: asyncio.Task[None] | None = None

    # What a voter does

    async def open_battle(self, voter: VoterKey, prompt: str) -> BattleView:
        """Draw a pair for `prompt`, commit the battle, and start both replies.

        Raises:
            PromptRefused: the prompt is empty or too long.
            NotEnoughContenders: fewer than two are active.
            TooBusy: too many battles are streaming, of this voter or in all.
            DatabaseUnavailable: nothing was committed, and nothing was asked.
        """
        prompt = self._accept(prompt)
        handle = Handle(secrets.token_urlsafe(16))
        return await self._answer(handle, voter, lambda session: self._insert_battle(session, handle, voter, prompt))

    async def ask(self, handle: Handle, voter: VoterKey, prompt: str) -> BattleView:
        """Add a turn to an open battle whose replies are all whole, and start both replies.

        Raises:
            UnknownBattle, BattleClosed, BattleBusy, PromptRefused, TooBusy, DatabaseUnavailable: as named.
        """
        prompt = self._accept(prompt)

        def add_turn(session: Session) -> Battle:
            battle = self._open_for_change(session, handle, voter)
            if not all_whole(battle):
                raise BattleClosed("The last replies are not whole.", hint="Regenerate them first.")
            if len(battle.turns) >= self._settings.max_turns:
                raise BattleClosed(f"A battle has at most {self._settings.max_turns} turns.", hint="Vote now.")
            battle.turns.append(new_turn(battle, prompt))
            return battle

        return await self._answer(handle, voter, add_turn)

    async def regenerate(self, handle: Handle, voter: VoterKey) -> BattleView:
        """Answer the last turn anew on both sides. The earlier replies stay stored.

        Raises:
            UnknownBattle, BattleClosed, BattleBusy, TooBusy, DatabaseUnavailable: as named.
        """

        def add_attempt(session: Session) -> Battle:
            battle = self._open_for_change(session, handle, voter)
            turn = battle.turns[-1]
            if turn.attempt >= self._settings.max_attempts:
                raise BattleClosed(
                    f"A turn is answered at most {self._settings.max_attempts} times.",
                    hint="Vote, or begin a new battle.",
                )
            turn.attempt += 1
            turn.replies.extend(new_replies(battle, turn.attempt))
            return battle

        return await self._answer(handle, voter, add_attempt)

    async def stop(self, handle: Handle, voter: VoterKey) -> BattleView:
        """End both replies where they are. Does nothing to a battle that is not being answered.

        Raises:
            UnknownBattle: no such battle, or another voter's.
        """
        running = self._running.get(handle)
        if running and running.race and running.voter == voter:
            await running.race.stop(ReplyStatus.STOPPED)
        return await self.look(handle, voter)

    async def cast_vote(self, handle: Handle, voter: VoterKey, verdict: Verdict) -> BattleView:
        """Commit the verdict and reveal the names. A repeat changes nothing and returns the first reveal.

        Raises:
            UnknownBattle: no such battle, or another voter's.
            BattleClosed: the battle is void.
            NotVotable: not every reply is whole.
            DatabaseUnavailable: the vote is not saved; the names stay hidden.
        """
        return await self._saved(lambda: self._insert_vote(handle, voter, verdict))

    async def look(self, handle: Handle, voter: VoterKey) -> BattleView:
        """Return the battle as it is now.

        Raises:
            UnknownBattle: no such battle, or another voter's.
        """
        return await asyncio.to_thread(lambda: self._view(self._load(handle, voter)))

    async def latest_open(self, voter: VoterKey) -> BattleView | None:
        """Return the voter's newest battle if it is still open, else None."""

        def find() -> Handle | None:
            with self._database.reading() as session:
                return queries.newest_open_battle(session, voter)

        handle = await asyncio.to_thread(find)
        return await self.look(handle, voter) if handle else None

    async def watch(self, handle: Handle, voter: VoterKey) -> AsyncGenerator[BattleView, None]:
        """Yield the battle now and whenever text was added, until nothing is being written any more.

        Text comes in steps of 100 ms; a silent battle yields the same view within a second. When the last watcher
        has been away for two seconds, the upstream requests are closed and the replies end as interrupted.
        """
        view = await self.look(handle, voter)
        yield view
        running = self._running.get(handle)
        if not (view.running and running and running.race):
            return
        async with aclosing(running.race.watch()) as changes:
            async for _ in changes:
                yield with_live_text(view, running.race.replies)
        yield await self.look(handle, voter)

    async def aclose(self) -> None:
        """End all replies as interrupted and store them."""
        races = [running.race for running in self._running.values() if running.race]
        await asyncio.gather(*(race.stop(ReplyStatus.INTERRUPTED) for race in races))
        if self._checkpoints:
            self._checkpoints.cancel()
            with suppress(asyncio.CancelledError):
                await self._checkpoints

    # Answering

    async def _answer(self, handle: Handle, voter: VoterKey, change: Callable[[Session], Battle]) -> BattleView:
        """Commit `change`, which adds two replies to a battle, and start writing them."""
        self._admit(handle, voter)
        running = self._running[handle] = _Running(voter)
        try:
            battle = await asyncio.to_thread(self._commit, change)
        except BaseException:
            del self._running[handle]
            raise
        turn = battle.turns[-1]
        running.reply_ids = (turn.current("a").id, turn.current("b").id)
        ids = dict(zip(SIDES, running.reply_ids, strict=True))
        asked = {side: Asked.of(battle, side) for side in SIDES}
        running.race = Race(
            {side: self._stream(asked[side]) for side in SIDES},
            on_end=lambda side, reply: self._store_end(ids[side], reply, asked[side]),
            on_done=lambda: self._running.pop(handle, None),
        )
        if self._checkpoints is None or self._checkpoints.done():
            self._checkpoints = asyncio.create_task(self._keep_checkpoints())
        return self._view(battle)

    def _admit(self, handle: Handle, voter: VoterKey) -> None:
        running = self._running.get(handle)
        if running and running.voter == voter:
            raise BattleBusy("The replies are still being written.", hint="Wait for them, or stop them.")
        if len(self._running) >= self._settings.max_running:
            raise TooBusy("The arena is full at the moment.", hint="Try again in a minute.")
        mine = sum(running.voter == voter for running in self._running.values())
        if mine >= self._settings.max_running_per_voter:
            raise TooBusy(f"{mine} of your battles are being answered already.", hint="Wait for one, or stop one.")

    def _stream(self, asked: Asked) -> Callable[[], Stream]:
        async def stream() -> Stream:
            try:
                opened = self._open_contenders.get(asked.contender)
            except (ArenaError, GenerationError) as error:
                raise Rejected(f"`{asked.contender.slug}` cannot be opened: {error}") from error
            answer = opened.backend.stream(asked.messages, opened.sampling)
            async with aclosing(limited(answer, opened.limits)) as events:
                async for event in events:
                    yield event

        return stream

    async def _store_end(self, reply_id: int, live: LiveReply, asked: Asked) -> None:
        cost = asked.cost(live)

        def store() -> None:
            with self._database.writing() as session:
                row = session.get_one(Reply, reply_id)
                store_live(live, row)
                store_cost(cost, row)
                if live.status is ReplyStatus.FAILED:
                    battle = queries.lock_battle(session, row.turn.battle_id)
                    battle.status, battle.closed_at = BattleStatus.VOID, now()

        try:
            await self._saved(store)
        except DatabaseUnavailable:
            # The row stays "streaming", which a later look turns into "interrupted": nothing wrong is shown.
            log.exception("a reply's end could not be stored reply=%s", reply_id)

    async def _keep_checkpoints(self) -> None:
        """Store the text so far of all replies being written, all in one transaction a second."""
        stored: dict[int, str] = {}
        while self._running:
            await asyncio.sleep(CHECKPOINT_S)
            so_far = {
                reply_id: reply.text
                for running in self._running.values()
                if running.race and running.reply_ids
                for reply_id, reply in zip(running.reply_ids, running.race.replies.values(), strict=True)
                if reply.status is ReplyStatus.STREAMING and reply.text
            }
            changed = {reply_id: text for reply_id, text in so_far.items() if text != stored.get(reply_id)}
            try:
                await asyncio.to_thread(self._store_texts, changed)
            except DatabaseUnavailable:
                log.warning("text so far could not be stored replies=%s", len(changed))
            else:
                stored = so_far

    def _store_texts(self, texts: Mapping[int, str]) -> None:
        if not texts:
            return
        with self._database.writing() as session:
            queries.store_texts(session, texts)

    # In the database; these run in threads

    def _commit(self, change: Callable[[Session], Battle]) -> Battle:
        with self._database.writing() as session:
            battle = change(session)
            session.flush()
            return queries.load_fully(session, battle)

    def _insert_battle(self, session: Session, handle: Handle, voter: VoterKey, prompt: str) -> Battle:
        draw = self._matchmaker.draw(session)
        battle = Battle(
            handle=handle,
            voter_id=queries.voter_id(session, voter, now=now()),
            contender_a_id=queries.contender_id(session, draw.a),
            contender_b_id=queries.contender_id(session, draw.b),
            policy=draw.policy,
            probability=draw.probability,
            opened_at=now(),
        )
        battle.turns.append(new_turn(battle, prompt))
        session.add(battle)
        return battle

    def _insert_vote(self, handle: Handle, voter: VoterKey, verdict: Verdict) -> BattleView:
        with self._database.writing() as session:
            battle = self._find(session, handle, voter, for_change=True)
            if battle.vote is None:
                if battle.status is BattleStatus.VOID:
                    raise BattleClosed("This battle is void: one side failed.", hint="Begin a new battle.")
                if not all_whole(battle):
                    raise NotVotable("There is no vote yet: not every reply is whole.", hint="Wait, or regenerate.")
                battle.vote = Vote(voter_id=battle.voter_id, verdict=verdict, cast_at=now())
                battle.status, battle.closed_at = BattleStatus.VOTED, battle.vote.cast_at
                slice_id = vote_labels.label(session, battle)
                tallies.add(session, [tallies.Delta.of(battle, battle.vote, slice_id=slice_id)])
        # Only now is the vote committed, and only a committed vote reveals.
        log.info("vote cast battle=%s", battle.id)
        return self._view(battle)

    def _load(self, handle: Handle, voter: VoterKey) -> Battle:
        with self._database.reading() as session:
            battle = self._find(session, handle, voter)
        if handle not in self._running and any(r.status is ReplyStatus.STREAMING for r in current_replies(battle)):
            # Whoever wrote these replies is gone.
            with self._database.writing() as session:
                queries.interrupt_replies(session, battle.id)
            return self._load(handle, voter)
        return battle

    def _find(self, session: Session, handle: Handle, voter: VoterKey, *, for_change: bool = False) -> Battle:
        battle = queries.battle_of(session, handle, voter, for_change=for_change)
        if battle is None:
            raise UnknownBattle("This battle is not known here.", hint="Begin a new battle.")
        return battle

    def _open_for_change(self, session: Session, handle: Handle, voter: VoterKey) -> Battle:
        battle = self._find(session, handle, voter, for_change=True)
        if battle.status is BattleStatus.VOID:
            raise BattleClosed("This battle is void: one side failed.", hint="Begin a new battle.")
        if battle.status is BattleStatus.VOTED:
            raise BattleClosed("This battle is over: your vote is counted.", hint="Begin a new battle.")
        return battle

    async def _saved(self, write: Callable[[], Result]) -> Result:
        """Run `write` in a thread, again after a moment if the database does not take it."""
        for attempt in range(1, SAVING_ATTEMPTS + 1):
            try:
                return await asyncio.to_thread(write)
            except DatabaseUnavailable:
                if attempt == SAVING_ATTEMPTS:
                    raise
                await asyncio.sleep(0.3 * attempt)
        raise AssertionError

    def _accept(self, prompt: str) -> str:
        prompt = prompt.strip()
        if not prompt:
            raise PromptRefused("The prompt is empty.", hint="Ask something.")
        if len(prompt) > self._settings.max_prompt_chars:
            raise PromptRefused(
                f"The prompt has {len(prompt):,} characters; {self._settings.max_prompt_chars:,} are allowed.",
                hint="Shorten it; nothing was sent.",
            )
        # No database keeps a lone surrogate, and PostgreSQL no NUL.
        return prompt.replace("\0", "\ufffd").encode("utf-8", "replace").decode()

    def _all_contenders(self) -> Known:
        with self._database.reading() as session:
            return known(queries.all_contenders(session))

    def _view(self, battle: Battle) -> BattleView:
        running = self._running.get(Handle(battle.handle))
        view = view_of(
            battle,
            running=running is not None,
            max_turns=self._settings.max_turns,
            max_attempts=self._settings.max_attempts,
            contenders=self._all_contenders() if battle.vote else None,
        )
        return with_live_text(view, running.race.replies) if running and running.race else view
