"""Battles: open, answer, stop, vote, reveal.

Every rule about a battle is here, and each is checked against the database, so a stale page or a second process cannot
break it. Nothing here knows widgets (arena.web) or transport (generation.backends).
"""

import asyncio
import logging
import secrets
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from arena.battles.answering import Answering
from arena.battles.autosave import Autosave
from arena.battles.budgets import Budgets, Reservation
from arena.battles.lanes import Lanes, Load
from arena.battles.matchmaking import Matchmaker
from arena.battles.race import LiveReply, Race
from arena.battles.record import Asked, all_finished, current_replies, new_replies, new_turn, view_of, with_live_text
from arena.battles.retrying import saved
from arena.battles.rounds import Rounds
from arena.battles.views import BattleView
from arena.clock import now
from arena.contenders.demo import Suggestions, suggestions_for
from arena.contenders.lineage import Known, known
from arena.contenders.opened import OpenContenders
from arena.db import queries, tallies
from arena.db.session import Database, Session
from arena.db.states import SIDES, BattleStatus, Handle, ReplyStatus, Side, VoterKey
from arena.db.tables import Battle, Flag, Vote
from arena.errors import (
    BattleBusy,
    BattleClosed,
    ContenderSpent,
    ModerationAway,
    NotVotable,
    PromptRefused,
    ProofNeeded,
    TooBusy,
    UnknownBattle,
)
from arena.moderation.moderation import Moderation, ModerationOutcome, Ruling
from arena.moderation.reports import Reports
from arena.settings import Settings
from arena.voters import queries as voters
from arena.voters.admission import NOWHERE, Admission, Visit
from arena.voters.consent import Consents
from arena.voters.permissions import NOT_ALLOWED, spaced
from arena.votes import labels
from leaderboard import Verdict
from leaderboard.sampling import Draw

log = logging.getLogger(__name__)

NOT_BLIND = "an answer tells who wrote it"  # the stored reason why such a vote is excluded
MAX_WATCHERS = 8  # of one battle: enough for any voter's tabs, too few to exhaust the server


@dataclass(slots=True)
class _Running:
    """A battle that this process answers. `race` is None until the new replies are committed."""

    voter: VoterKey
    network: str
    race: Race | None = None
    reply_ids: Mapping[Side, int] = field(default_factory=dict)
    slugs: Mapping[Side, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Committed:
    """What was committed before the contenders are asked."""

    battle: Battle
    asked: Mapping[Side, Asked]
    reserved: Mapping[Side, Reservation]


class Battles:
    """The battles of one arena process. Make it inside the event loop that uses it."""

    def __init__(
        self,
        database: Database,
        open_contenders: OpenContenders,
        *,
        settings: Settings,
        matchmaker: Matchmaker | None = None,
        moderation: Moderation | None = None,
        consents: Consents | None = None,
    ) -> None:
        self._database = database
        self.consents = consents or Consents(database)
        self._settings = settings
        self._matchmaker = matchmaker or Matchmaker(settings.sampling)
        self._moderation = moderation or Moderation()
        self._budgets = Budgets(usd_per_day=settings.usd_per_day, usd_per_voter_per_day=settings.usd_per_voter_per_day)
        self._lanes = Lanes(longest=settings.max_queued)
        self._answering = Answering(
            database,
            open_contenders,
            budgets=self._budgets,
            lanes=self._lanes,
            moderation=self._moderation,
            thinking=settings.thinking,
        )
        self._running: dict[Handle, _Running] = {}
        self._autosave = Autosave(database, self._live)
        self.admission = Admission(database, settings)
        self._reports = Reports(database)

    # What a voter does

    async def open_battle(self, voter: VoterKey, prompt: str, visit: Visit = NOWHERE) -> BattleView:
        """Draw a pair for `prompt`, commit the battle, and start both replies.

        Raises:
            ConsentNeeded: the voter did not agree to the notice; nothing was sent.
            PromptRefused: the prompt is empty, too long, or flagged by moderation.
            ModerationAway: moderation cannot be reached, and unchecked prompts are refused.
            QuotaReached: this voter, network or prompt is behind too many questions.
            ProofNeeded: the voter's browser must solve the error's challenge first (`prove`).
            NotEnoughContenders: fewer than two are active.
            TooBusy: this voter, network or arena has too many battles running, or all endpoints' queues are full.
            BudgetSpent: the arena's or the voter's budget for today is spent.
            DatabaseUnavailable: nothing was committed, and no contender was asked.
        """
        prompt = self._accept(prompt)
        await asyncio.to_thread(self.consents.require, voter)
        network = await self.admission.arrive(visit, voter, prompt)
        moderation = await self._moderated(voter, network, prompt)
        handle = Handle(secrets.token_urlsafe(16))
        waived = False

        def insert(session: Session) -> Battle:
            draw = self._matchmaker.draw(session, without=self._lanes.full() | self._budgets.spent_out())
            battle = self.admission.open_battle(session, voter, network, prompt, waived=waived)
            self._pair(session, battle, handle, draw)
            battle.turns.append(new_turn(battle, prompt, moderation))
            self.consents.permit(session, voter, battle)
            return battle

        while True:
            try:
                return await self._answer(handle, voter, network, insert)
            except ContenderSpent:
                continue  # `spent_out` now holds it, so the next draw leaves it out
            except ProofNeeded as needed:
                challenge = await asyncio.to_thread(self.admission.challenge, voter, needed)
                if challenge is not None:
                    needed.challenge = challenge
                    raise
                waived = True

    async def prove(self, voter: VoterKey, solution: str) -> None:
        """Take the solution of a challenge. It lets the voter open one battle.

        Raises:
            ProofRefused: it is wrong, too old, was used before, or belongs to another voter.
            DatabaseUnavailable: it cannot be kept.
        """
        await asyncio.to_thread(self.admission.proofs.accept, voter, solution)

    async def ask(self, handle: Handle, voter: VoterKey, prompt: str, visit: Visit = NOWHERE) -> BattleView:
        """Add a turn to an open battle whose replies are all finished, and start both replies.

        Raises:
            BattleClosed: the battle is void, voted on or at its last turn, or its last replies are not finished.
            UnknownBattle, BattleBusy, ConsentNeeded, PromptRefused, ModerationAway, QuotaReached, TooBusy, BudgetSpent,
                DatabaseUnavailable: see `arena.errors`.
        """
        prompt = self._accept(prompt)
        await asyncio.to_thread(self.consents.require, voter)
        network = await self.admission.arrive(visit, voter, prompt)
        moderation = await self._moderated(voter, network, prompt)

        def add_turn(session: Session) -> Battle:
            battle = self._open_for_change(session, handle, voter)
            if not all_finished(battle):
                raise BattleClosed("The last replies are not finished.", hint="Regenerate them first.")
            if len(battle.turns) >= self._settings.max_turns:
                raise BattleClosed(f"A battle has at most {self._settings.max_turns} turns.", hint="Vote now.")
            self.admission.count_question(session, voter, network, prompt)
            battle.turns.append(new_turn(battle, prompt, moderation))
            return battle

        return await self._answer(handle, voter, network, add_turn)

    async def regenerate(self, handle: Handle, voter: VoterKey, visit: Visit = NOWHERE) -> BattleView:
        """Answer the last turn again on both sides. The earlier replies stay stored.

        Raises:
            BattleClosed: the battle is void or voted on, or this turn was answered as often as allowed.
            UnknownBattle, BattleBusy, ConsentNeeded, QuotaReached, TooBusy, BudgetSpent, DatabaseUnavailable: see
                `arena.errors`.
        """
        await asyncio.to_thread(self.consents.require, voter)
        network = await self.admission.network_now(visit)

        def add_attempt(session: Session) -> Battle:
            battle = self._open_for_change(session, handle, voter)
            turn = battle.turns[-1]
            if turn.attempt >= self._settings.max_attempts:
                raise BattleClosed(
                    f"A turn is answered at most {self._settings.max_attempts} times.",
                    hint="Vote, or begin a new battle.",
                )
            self.admission.count_question(session, voter, network, turn.prompt)
            turn.attempt += 1
            turn.replies.extend(new_replies(battle, turn.attempt))
            return battle

        return await self._answer(handle, voter, network, add_attempt)

    async def stop(self, handle: Handle, voter: VoterKey) -> BattleView:
        """End both replies where they are, and return the battle. A battle that is not being answered stays as it is.

        Raises:
            UnknownBattle: the battle does not exist, or belongs to another voter.
        """
        running = self._running.get(handle)
        if running and running.race and running.voter == voter:
            await running.race.stop(ReplyStatus.STOPPED)
        return await self.look(handle, voter)

    async def cast_vote(self, handle: Handle, voter: VoterKey, verdict: Verdict, visit: Visit = NOWHERE) -> BattleView:
        """Commit the verdict and return the battle with its names.

        A repeated vote changes nothing and gets the first reveal back. A vote that exceeds a quota is committed too,
        with the reason why it does not count.

        Raises:
            UnknownBattle: the battle does not exist, or belongs to another voter.
            BattleClosed: the battle is void.
            NotVotable: not every reply is finished.
            DatabaseUnavailable: the vote is not saved; the names stay hidden.
        """
        return await saved(lambda: self._insert_vote(handle, voter, verdict, visit))

    async def look(self, handle: Handle, voter: VoterKey) -> BattleView:
        """Return the battle as it is now.

        Raises:
            UnknownBattle: the battle does not exist, or belongs to another voter.
        """
        return await asyncio.to_thread(lambda: self._view(self._load(handle, voter)))

    async def report(self, handle: Handle, voter: VoterKey, side: Side) -> None:
        """Flag the last answer of one side for a person to look at; this tells nobody who wrote it.

        Raises:
            UnknownBattle, NothingToReport, TooBusy, DatabaseUnavailable: see `arena.moderation.reports`.
        """
        await self._reports.report(handle, voter, side)

    async def latest_open(self, voter: VoterKey) -> BattleView | None:
        """Return the voter's newest battle if it is still open, else None."""

        def find() -> Handle | None:
            with self._database.reading() as session:
                return queries.newest_open_battle(session, voter)

        handle = await asyncio.to_thread(find)
        return await self.look(handle, voter) if handle else None

    async def suggestions(self) -> Suggestions | None:
        """Return prompts to suggest while only the demo's contenders are active, else None."""

        def active() -> Sequence[str]:
            with self._database.reading() as session:
                return queries.active_slugs(session)

        return suggestions_for(await asyncio.to_thread(active))

    async def watch(self, handle: Handle, voter: VoterKey) -> AsyncGenerator[BattleView, None]:
        """Yield the battle now and whenever text was added, until both replies have ended.

        Text comes in steps of 100 ms; a silent battle yields the same view within a second. When the last watcher
        has been away for two seconds, the upstream requests are closed and the replies end as interrupted. While
        `MAX_WATCHERS` watch, a further one gets the battle as it is now and no updates.
        """
        view = await self.look(handle, voter)
        yield view
        if not view.running:
            return
        running = self._running.get(handle)
        if running and running.race:  # otherwise the battle ended while the first view was read
            if running.race.num_watchers >= MAX_WATCHERS:
                return
            async with aclosing(running.race.watch()) as changes:
                async for _ in changes:
                    yield with_live_text(view, running.race.replies)
        yield await self.look(handle, voter)

    def load(self) -> Mapping[str, Load]:
        """Return how many replies each contender is writing or waiting to write, by slug."""
        found: defaultdict[str, Load] = defaultdict(Load)
        for running in self._running.values():
            for side, reply in running.race.replies.items() if running.race else ():
                if reply.status is ReplyStatus.STREAMING and reply.position:
                    found[running.slugs[side]].waiting += 1
                elif reply.status is ReplyStatus.STREAMING:
                    found[running.slugs[side]].running += 1
        return found

    @property
    def rounds(self) -> Rounds:
        """The work in the background that keeps what replies say so far."""
        return self._autosave.rounds

    async def aclose(self) -> None:
        """End all running replies as interrupted, and return when they are stored."""
        races = [running.race for running in self._running.values() if running.race]
        await asyncio.gather(*(race.stop(ReplyStatus.INTERRUPTED) for race in races))
        await self._autosave.aclose()

    # Answering

    async def _answer(
        self, handle: Handle, voter: VoterKey, network: str, change: Callable[[Session], Battle]
    ) -> BattleView:
        """Commit `change`, which adds two replies to a battle, and start writing them."""
        self._admit(handle, voter, network)
        running = self._running[handle] = _Running(voter, network)
        try:
            committed = await asyncio.to_thread(self._commit, change)
        except BaseException:
            del self._running[handle]
            raise
        battle, asked, reserved = committed.battle, committed.asked, committed.reserved
        turn = battle.turns[-1]
        running.reply_ids = {side: turn.current(side).id for side in SIDES}
        running.slugs = {side: asked[side].contender.slug for side in SIDES}
        ids = running.reply_ids
        running.race = Race(
            {side: self._answering.stream(asked[side]) for side in SIDES},
            on_end=lambda side, reply: self._answering.store_end(ids[side], reply, asked[side], reserved[side]),
            on_done=lambda: self._running.pop(handle, None),
        )
        self._autosave.start()
        return self._view(battle)

    def _live(self) -> dict[int, LiveReply] | None:
        """Return the replies that this process writes, by the id of their row; None when no battle runs."""
        if not self._running:
            return None
        return {
            running.reply_ids[side]: reply
            for running in self._running.values()
            if running.race and running.reply_ids
            for side, reply in running.race.replies.items()
        }

    def _admit(self, handle: Handle, voter: VoterKey, network: str) -> None:
        running = self._running.get(handle)
        if running and running.voter == voter:
            raise BattleBusy("The replies are still being written.", hint="Wait for them, or stop them.")
        if len(self._running) >= self._settings.max_running:
            raise TooBusy("The arena is full at the moment.", hint="Try again in a minute.")
        mine = sum(running.voter == voter for running in self._running.values())
        if mine >= self._settings.max_running_per_voter:
            raise TooBusy(f"{mine} of your battles are being answered already.", hint="Wait for one, or stop one.")
        # Where the network is not known, as behind a socket that is a file, there is nothing to compare.
        theirs = sum(running.network == network for running in self._running.values()) if network else 0
        if theirs >= self._settings.most_of_a_network:
            raise TooBusy("Too many battles from your network are being answered.", hint="Try again in a minute.")

    # In the database; these run in threads

    def _commit(self, change: Callable[[Session], Battle]) -> _Committed:
        with self._database.writing() as session:
            self._lanes.set_limits(queries.endpoints_in_use(session))
            battle = change(session)
            session.flush()
            battle = queries.load_fully(session, battle)
            asked = {side: Asked.of(battle, side) for side in SIDES}
            if self._lanes.full() & {question.contender.slug for question in asked.values()}:
                raise TooBusy("Too many are waiting for these assistants.", hint="Try again in a minute.")
            return _Committed(battle, asked, self._budgets.reserve(session, battle.voter_id, asked))

    def _pair(self, session: Session, battle: Battle, handle: Handle, draw: Draw) -> None:
        battle.handle = handle
        battle.contender_a_id = queries.contender_id(session, draw.a)
        battle.contender_b_id = queries.contender_id(session, draw.b)
        battle.policy, battle.probability = draw.policy, draw.probability
        session.add(battle)

    def _insert_vote(self, handle: Handle, voter: VoterKey, verdict: Verdict, visit: Visit) -> BattleView:
        network = self.admission.network_of(visit)
        with self._database.writing() as session:
            battle = self._find(session, handle, voter, for_change=True)
            if battle.vote is None:
                if battle.status is BattleStatus.VOID:
                    raise BattleClosed("This battle is void: one side failed.", hint="Begin a new battle.")
                if not all_finished(battle):
                    raise NotVotable("You cannot vote yet: not every reply is finished.", hint="Wait, or regenerate.")
                vote = Vote(voter_id=battle.voter_id, verdict=verdict, cast_at=now(), excluded="")
                self.admission.judge(session, battle, vote, network)
                battle.vote = vote
                battle.status, battle.closed_at = BattleStatus.VOTED, vote.cast_at
                slice_id = labels.label(session, battle)
                permission = voters.permission_of(session, battle.id)
                if permission and not permission.vote:
                    vote.excluded, vote.excluded_at = NOT_ALLOWED, vote.cast_at
                elif any(reply.names_itself for reply in current_replies(battle)):
                    vote.excluded, vote.excluded_at = NOT_BLIND, vote.cast_at
                if not vote.excluded:
                    tallies.add(session, [tallies.Delta.of(battle, vote, slice_id=slice_id)])
        # The session has committed the vote. Names are revealed only from here on.
        log.info("vote cast battle=%s", battle.id)
        return self._view(battle)

    def _load(self, handle: Handle, voter: VoterKey) -> Battle:
        with self._database.reading() as session:
            battle = self._find(session, handle, voter)
        if handle not in self._running and any(r.status is ReplyStatus.STREAMING for r in current_replies(battle)):
            # The process that wrote these replies has ended.
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

    async def _moderated(self, voter: VoterKey, network: str, prompt: str) -> ModerationOutcome:
        """Return the outcome of moderation for a prompt that may be sent; raise for one that may not."""
        ruling = await self._moderation.of_prompt(prompt)
        if ruling.outcome is ModerationOutcome.FLAGGED:
            await saved(lambda: self._insert_flag(voter, network, prompt, ruling))
            raise PromptRefused(
                f"This prompt is against the rules of this arena: {', '.join(ruling.categories)}.",
                hint="Nothing was sent. Ask in another way.",
            )
        if ruling.outcome is ModerationOutcome.UNCHECKED and self._moderation.refuses_unchecked:
            raise ModerationAway(
                "The arena cannot check prompts at the moment, and sends nothing unchecked.",
                hint="Try again in a minute.",
            )
        return ruling.outcome

    def _insert_flag(self, voter: VoterKey, network: str, prompt: str, ruling: Ruling) -> None:
        with self._database.writing() as session:
            self.admission.count_question(session, voter, network, prompt)
            session.add(
                Flag(
                    at=now(),
                    voter_id=queries.voter_id(session, voter, now=now()),
                    moderator=ruling.moderator,
                    categories=list(ruling.categories),
                    text="" if ruling.private else prompt,
                )
            )

    def _accept(self, prompt: str) -> str:
        prompt = prompt.strip()
        if not prompt:
            raise PromptRefused("The prompt is empty.", hint="Ask something.")
        if len(prompt) > self._settings.max_prompt_chars:
            raise PromptRefused(
                f"The prompt has {len(prompt):,} characters; {self._settings.max_prompt_chars:,} are allowed.",
                hint="Shorten it; nothing was sent.",
            )
        # Neither database stores a lone surrogate, and PostgreSQL stores no NUL.
        return prompt.replace("\0", "\ufffd").encode("utf-8", "replace").decode()

    def _lineage(self, battle: Battle) -> Known:
        with self._database.reading() as session:
            return known(queries.with_bases(session, [battle.contender_a, battle.contender_b]))

    def _erasure_code(self, battle: Battle) -> str:
        with self._database.reading() as session:
            permission = voters.permission_of(session, battle.id)
        return spaced(permission.code) if permission else ""

    def _view(self, battle: Battle) -> BattleView:
        running = self._running.get(Handle(battle.handle))
        view = view_of(
            battle,
            running=running is not None,
            max_turns=self._settings.max_turns,
            max_attempts=self._settings.max_attempts,
            thinking=self._settings.thinking,
            contenders=self._lineage(battle) if battle.vote else None,
            erasure_code=self._erasure_code(battle) if battle.vote else "",
        )
        return with_live_text(view, running.race.replies) if running and running.race else view
