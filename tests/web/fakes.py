"""A small arena in memory behind the real pages: it keeps the contract of `Battles` and `Standings`, without a database."""

import asyncio
import secrets
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from arena.battle_view import (
    SIDES,
    BattleStatus,
    BattleView,
    ContenderCard,
    Handle,
    ReplyStatus,
    ReplyView,
    Reveal,
    Side,
    TurnView,
    VoterKey,
)
from arena.errors import ArenaError, BattleBusy, BattleClosed, NotVotable, PromptRefused, UnknownBattle
from arena.standings_view import StandingsView
from leaderboard import Tallies, Verdict, rank

CARDS = {
    "a": ContenderCard("tiny-llama", "Tiny Llama 7B", "Llama Herd Labs", "Apache-2.0", "fine-tuned from Base Llama"),
    "b": ContenderCard("vicuna-ish", "Vicuna-ish 13B", "Camelid Collective", "MIT", ""),
}


@dataclass(frozen=True)
class Script:
    """What a side writes: pieces with a pause before each, and how it ends. `ends=None` hangs."""

    text: str = "An answer."
    pause_s: float = 0.0
    ends: ReplyStatus | None = ReplyStatus.FINISHED
    cut_off: bool = False


@dataclass
class FakeBattle:
    voter: VoterKey
    view: BattleView
    running: list[asyncio.Task[None]] = field(default_factory=list)


class FakeBattles:
    """Replies come from `scripts`; `broken` is raised by every method while it is set."""

    def __init__(self, a: Script = Script(), b: Script = Script()) -> None:
        self.scripts: dict[Side, Script] = {"a": a, "b": b}
        self.broken: Exception | None = None
        self.battles: dict[Handle, FakeBattle] = {}
        self.votes: list[tuple[Handle, Verdict]] = []
        self.viewers = 0

    async def open_battle(self, voter: VoterKey, prompt: str) -> BattleView:
        self._check(prompt)
        handle = Handle(secrets.token_urlsafe(12))
        self.battles[handle] = FakeBattle(voter, BattleView(handle, BattleStatus.OPEN, ()))
        return self._start(handle, prompt)

    async def ask(self, handle: Handle, voter: VoterKey, prompt: str) -> BattleView:
        self._check(prompt)
        battle = self._mine(handle, voter)
        if battle.view.running:
            raise BattleBusy("The replies are still being written.", hint="Wait, or press Stop.")
        if not battle.view.askable:
            raise BattleClosed("This battle is over.", hint="Start a new battle.")
        return self._start(handle, prompt)

    async def regenerate(self, handle: Handle, voter: VoterKey) -> BattleView:
        battle = self._mine(handle, voter)
        last = battle.view.turns[-1]
        battle.view = replace(battle.view, turns=battle.view.turns[:-1])
        return self._start(handle, last.prompt, attempt=last.attempt + 1)

    async def stop(self, handle: Handle, voter: VoterKey) -> BattleView:
        return self._cut(self._mine(handle, voter), ReplyStatus.STOPPED)

    async def cast_vote(self, handle: Handle, voter: VoterKey, verdict: Verdict) -> BattleView:
        battle = self._mine(handle, voter)
        if battle.view.reveal is None:
            if not battle.view.votable:
                raise NotVotable("Not every reply is whole.")
            self.votes.append((handle, verdict))
            reveal = Reveal(verdict, CARDS["a"], CARDS["b"])
            battle.view = self._settled(replace(battle.view, status=BattleStatus.VOTED, reveal=reveal))
        return battle.view

    async def look(self, handle: Handle, voter: VoterKey) -> BattleView:
        return self._mine(handle, voter).view

    async def latest_open(self, voter: VoterKey) -> BattleView | None:
        self._check("-")
        mine = [b.view for b in self.battles.values() if b.voter == voter and b.view.status is BattleStatus.OPEN]
        return mine[-1] if mine else None

    async def watch(self, handle: Handle, voter: VoterKey) -> AsyncGenerator[BattleView, None]:
        battle = self._mine(handle, voter)
        self.viewers += 1
        try:
            silent_s = 0.0
            last = battle.view
            yield last
            while last.running:
                await asyncio.sleep(0.1)
                silent_s += 0.1
                if battle.view != last or silent_s >= 1:
                    last, silent_s = battle.view, 0.0
                    yield last
        finally:
            self.viewers -= 1

    def interrupt(self) -> None:
        """What a restart does to the replies that were being written."""
        for battle in self.battles.values():
            if battle.view.running:
                self._cut(battle, ReplyStatus.INTERRUPTED)

    def _check(self, prompt: str) -> None:
        if self.broken:
            raise self.broken
        if not prompt.strip():
            raise PromptRefused("There is no prompt.", hint="Write something.")

    def _mine(self, handle: Handle, voter: VoterKey) -> FakeBattle:
        if self.broken:
            raise self.broken
        battle = self.battles.get(handle)
        if battle is None or battle.voter != voter:
            raise UnknownBattle("There is no such battle.")
        return battle

    def _start(self, handle: Handle, prompt: str, *, attempt: int = 1) -> BattleView:
        battle = self.battles[handle]
        empty = ReplyView("", ReplyStatus.STREAMING)
        turns = (*battle.view.turns, TurnView(prompt, empty, empty, attempt))
        battle.view = self._settled(replace(battle.view, turns=turns))
        battle.running = [asyncio.create_task(self._write(battle, side)) for side in SIDES]
        return battle.view

    async def _write(self, battle: FakeBattle, side: Side) -> None:
        script = self.scripts[side]
        for start in range(0, len(script.text), 8) if script.pause_s else [0]:
            await asyncio.sleep(script.pause_s)
            end = start + 8 if script.pause_s else len(script.text)
            self._set(battle, side, ReplyView(script.text[:end], ReplyStatus.STREAMING))
        if script.ends is None:
            await asyncio.Event().wait()
        else:
            self._set(battle, side, ReplyView(script.text, script.ends, script.cut_off))

    def _cut(self, battle: FakeBattle, status: ReplyStatus) -> BattleView:
        for task in battle.running:
            task.cancel()
        for side in SIDES:
            reply = battle.view.turns[-1].reply(side)
            if reply.status is ReplyStatus.STREAMING:
                self._set(battle, side, replace(reply, status=status))
        return battle.view

    def _set(self, battle: FakeBattle, side: Side, reply: ReplyView) -> None:
        turns = battle.view.turns
        turn = replace(turns[-1], a=reply) if side == "a" else replace(turns[-1], b=reply)
        battle.view = self._settled(replace(battle.view, turns=(*turns[:-1], turn)))

    @staticmethod
    def _settled(view: BattleView) -> BattleView:
        statuses = [turn.reply(side).status for turn in view.turns for side in SIDES]
        void = ReplyStatus.FAILED in statuses
        status = BattleStatus.VOID if void else view.status
        running = ReplyStatus.STREAMING in statuses
        whole = all(status is ReplyStatus.FINISHED for status in statuses)
        is_open = status is BattleStatus.OPEN
        return replace(
            view,
            status=status,
            running=running,
            votable=is_open and whole,
            askable=is_open and whole,
            regenerable=is_open and not running,
        )


class FakeStandings:
    """Ranks whatever counts it is given."""

    def __init__(self, rows: list[tuple[str, str, Verdict, int]] | None = None) -> None:
        self.rows = rows or []
        self.broken: ArenaError | None = None

    async def current(self) -> StandingsView:
        if self.broken:
            raise self.broken
        ranking = rank(Tallies.from_counts(self.rows), contenders=["tiny-llama", "vicuna-ish"])
        cards = {card.slug: card for card in CARDS.values()}
        return StandingsView(ranking, cards, datetime(2026, 11, 22, 9, 30, tzinfo=UTC))
