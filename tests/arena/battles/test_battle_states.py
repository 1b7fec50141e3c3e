"""A battle as a state machine: whatever voters, restarts and failures do, the invariants hold."""

import asyncio
from collections.abc import Callable
from typing import ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from arena.battles.battles import Battles
from arena.battles.views import BattleView
from arena.contenders.opened import OpenContenders
from arena.db.session import Database
from arena.db.states import BattleStatus, ReplyStatus
from arena.db.tables import Battle, Tally, Vote
from arena.errors import ArenaError
from arena.settings import Settings
from leaderboard import Verdict
from tests.arena.conftest import STRANGER, VOTER, scripted

VERDICTS = st.sampled_from(list(Verdict))
# Which of the battles so far. Whether there is one, and how many, depends on the time: what is drawn must not.
BATTLES = st.integers(0, 99)
# What a prompt makes both, one or no side do.
PROMPTS = st.sampled_from(["fine", "fine", "fine", "slow", "break one", "break both", "", "x" * 101])
NAMES = ("zebra", "quokka", "ocelot")


class BattleMachine(RuleBasedStateMachine):
    """Drives one real `Battles` on one real database; `model` is what must be true of each battle."""

    url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.database = Database(self.url)
        self.battles = self.new_process()
        self.views: list[BattleView] = []
        self.first_verdicts: dict[str, Verdict] = {}
        self.voids: set[str] = set()

    def new_process(self) -> Battles:
        limits = Settings(max_prompt_chars=100, max_turns=3, max_attempts=2, max_running_per_voter=3)
        return Battles(self.database, OpenContenders({}), settings=limits)

    def do(self, action: object) -> BattleView | None:
        """Run one action; what a person can act on is a fine answer, anything else is a bug."""
        try:
            view: BattleView = self.loop.run_until_complete(action)  # type: ignore[arg-type]
        except ArenaError:
            return None
        self.note(view)
        return view

    def note(self, view: BattleView) -> None:
        if view.reveal:
            assert view.status is BattleStatus.VOTED
            assert view.handle in self.first_verdicts, "a reveal without a vote"
            assert view.reveal.verdict is self.first_verdicts[view.handle]
        else:
            assert not any(name in repr(view) for name in NAMES), "a name before the vote"
        if view.status is BattleStatus.VOID:
            self.voids.add(view.handle)
        assert not (view.handle in self.voids and view.status is not BattleStatus.VOID), "a void battle came back"
        assert not (view.votable and (view.running or view.status is not BattleStatus.OPEN))

    @initialize(prompt=PROMPTS)
    def begin(self, prompt: str) -> None:
        self.open_battle(prompt)

    @rule(prompt=PROMPTS)
    def open_battle(self, prompt: str) -> None:
        if view := self.do(self.battles.open_battle(VOTER, prompt)):
            self.views.append(view)

    @rule(at=BATTLES, prompt=PROMPTS)
    def ask(self, at: int, prompt: str) -> None:
        for view in self.chosen(at):
            self.do(self.battles.ask(view.handle, VOTER, prompt))

    @rule(at=BATTLES)
    def regenerate(self, at: int) -> None:
        for view in self.chosen(at):
            self.do(self.battles.regenerate(view.handle, VOTER))

    @rule(at=BATTLES)
    def stop(self, at: int) -> None:
        for view in self.chosen(at):
            self.do(self.battles.stop(view.handle, VOTER))

    @rule(at=BATTLES, pause_ms=st.integers(0, 30))
    def watch_a_moment(self, at: int, pause_ms: int) -> None:
        async def watch(handle: str) -> BattleView:
            stream = self.battles.watch(handle, VOTER)
            view = await anext(stream)
            await asyncio.sleep(pause_ms / 1000)
            await stream.aclose()
            return view

        for view in self.chosen(at):
            self.do(watch(view.handle))

    @rule(at=BATTLES, verdict=VERDICTS)
    def vote(self, at: int, verdict: Verdict) -> None:
        for handle in (view.handle for view in self.chosen(at)):
            before = self.loop.run_until_complete(self.battles.look(handle, VOTER))
            counted = dict(self.first_verdicts)
            self.first_verdicts.setdefault(handle, verdict)
            if self.do(self.battles.cast_vote(handle, VOTER, verdict)):
                # The replies may have become whole between the look and the vote.
                assert before.votable or before.running or before.reveal
            else:
                assert not before.votable
                assert not before.reveal
                self.first_verdicts = counted

    @rule(at=BATTLES, verdict=VERDICTS)
    def a_stranger_tries(self, at: int, verdict: Verdict) -> None:
        for view in self.chosen(at):
            assert self.do(self.battles.cast_vote(view.handle, STRANGER, verdict)) is None
            assert self.do(self.battles.look(view.handle, STRANGER)) is None

    @rule()
    def restart(self) -> None:
        self.loop.run_until_complete(self.battles.aclose())
        self.battles = self.new_process()

    @invariant()
    def votes_and_tallies_agree(self) -> None:
        with self.database.reading() as session:
            votes = session.scalar(select(func.count()).select_from(Vote).join(Battle).where(self.mine()))
            closed = session.scalars(select(Battle).where(self.mine(), Battle.status == BattleStatus.VOTED)).all()
            assert votes == len(self.first_verdicts) == len(closed)
            every_vote = session.scalar(select(func.count()).select_from(Vote))
            assert (session.scalar(select(func.sum(Tally.count))) or 0) == every_vote
            for battle in closed:
                statuses = {
                    reply.status for turn in battle.turns for reply in turn.replies if reply.attempt == turn.attempt
                }
                assert statuses == {ReplyStatus.FINISHED}

    def chosen(self, at: int) -> list[BattleView]:
        return [self.views[at % len(self.views)]] if self.views else []

    def mine(self) -> object:
        return Battle.handle.in_([view.handle for view in self.views])

    def teardown(self) -> None:
        self.loop.run_until_complete(self.battles.aclose())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.database.close()


def test_no_history_breaks_a_battle(database_url: str, enter: Callable[..., None]):
    rules = [
        {"match": "^slow$", "reply": "one by one", "tokens_per_s": 2},
        {"match": "^break both$", "fail": "server_fault", "reply": "I bre"},
    ]
    breaks_alone = {"match": "^break one$", "fail": "stalled", "reply": "I"}
    enter(
        scripted(NAMES[0], rules=rules, reply="Good."),
        scripted(NAMES[1], rules=rules, reply="Fine."),
        scripted(NAMES[2], rules=[*rules, breaks_alone], reply="Well."),
    )
    machine = type("Machine", (BattleMachine,), {"url": database_url})
    budget = settings(max_examples=10, stateful_step_count=20, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=budget)
