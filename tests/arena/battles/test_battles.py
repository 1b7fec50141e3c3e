import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from arena.battles import race as races
from arena.battles.battles import Battles
from arena.contenders.opened import OpenContenders
from arena.db import queries
from arena.db.session import Database
from arena.db.states import BattleStatus, Handle, ReplyStatus
from arena.db.tables import Battle, Reply, Tally, Vote
from arena.errors import (
    BattleBusy,
    BattleClosed,
    DatabaseUnavailable,
    NotEnoughContenders,
    NotVotable,
    PromptRefused,
    TooBusy,
    UnknownBattle,
)
from arena.settings import Settings
from leaderboard import Verdict
from tests.arena.conftest import STRANGER, VOTER, scripted
from tests.arena.finished_battles import finished, finished_battle

Enter = Callable[..., None]


def count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def stored_replies(database: Database) -> Sequence[Reply]:
    with database.reading() as session:
        return session.scalars(select(Reply)).all()


async def test_a_battle_is_committed_before_the_first_token(battles: Battles, database: Database, enter: Enter):
    enter(scripted("one", reply="x", first_token_s=30), scripted("two", reply="y", first_token_s=30))
    view = await battles.open_battle(VOTER, "Who are you?")
    with database.reading() as session:
        battle = session.scalars(select(Battle)).one()
        assert {battle.contender_a.slug, battle.contender_b.slug} == {"one", "two"}
        assert (battle.policy, battle.probability, battle.handle) == ("informative", 1.0, view.handle)
        assert [turn.prompt for turn in battle.turns] == ["Who are you?"]
        assert [reply.status for reply in battle.turns[0].replies] == [ReplyStatus.STREAMING] * 2
    assert view.running
    assert not view.votable


async def test_a_whole_battle_can_be_voted_and_then_names_appear(battles: Battles, database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    view = await finished_battle(battles)
    assert view.votable
    assert view.reveal is None
    assert {view.turns[0].a.text, view.turns[0].b.text} == {"Words of one.", "Words of two."}

    after = await battles.cast_vote(view.handle, VOTER, Verdict.A)
    assert after.status is BattleStatus.VOTED
    assert after.reveal is not None
    assert after.reveal.verdict is Verdict.A
    assert view.turns[0].a.text == f"Words of {after.reveal.a.slug}."
    with database.reading() as session:
        tally = session.scalars(select(Tally)).one()
        assert (tally.verdict, tally.count) == (Verdict.A, 1)


async def test_a_second_vote_gets_the_first_answer(battles: Battles, database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    view = await finished_battle(battles)
    first = await battles.cast_vote(view.handle, VOTER, Verdict.B)
    assert await battles.cast_vote(view.handle, VOTER, Verdict.A) == first
    assert count(database, Vote) == 1


async def test_a_vote_counts_for_the_day_on_which_it_was_cast(battles: Battles, database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    view = await finished_battle(battles)
    with database.writing() as session:
        battle = session.scalars(select(Battle)).one()
        battle.opened_at -= timedelta(days=3)  # left open in a tab
    await battles.cast_vote(view.handle, VOTER, Verdict.A)
    with database.reading() as session:
        cast_at = session.scalars(select(Vote.cast_at)).one()
        assert session.scalars(select(Tally.day)).all() == [cast_at.date()]


async def test_of_ten_racing_votes_one_is_counted_and_all_hear_of_it(
    battles: Battles, database: Database, enter: Enter, settings: Settings
):
    enter(scripted("one"), scripted("two"))
    view = await finished_battle(battles)
    second_process = Battles(database, OpenContenders({}), settings=settings)
    verdicts = [Verdict.A, Verdict.B, Verdict.TIE, Verdict.BOTH_BAD, Verdict.A] * 2
    answers = await asyncio.gather(
        *(
            (battles if number % 2 else second_process).cast_vote(view.handle, VOTER, verdict)
            for number, verdict in enumerate(verdicts)
        )
    )
    assert count(database, Vote) == 1
    assert len({answer.reveal.verdict for answer in answers if answer.reveal}) == 1
    assert all(answer.reveal for answer in answers)
    with database.reading() as session:
        assert session.scalar(select(func.sum(Tally.count))) == 1


async def test_stopping_keeps_the_text_and_closes_the_vote_until_regenerated(battles: Battles, enter: Enter):
    enter(scripted("one", reply="word " * 60, tokens_per_s=40), scripted("two", reply="term " * 60, tokens_per_s=40))
    view = await battles.open_battle(VOTER, "Talk")
    async for now in battles.watch(view.handle, VOTER):
        if now.turns[0].a.text and now.turns[0].b.text:
            break
    view = await battles.stop(view.handle, VOTER)
    assert {view.turns[0].a.status, view.turns[0].b.status} == {ReplyStatus.STOPPED}
    assert view.turns[0].a.text
    assert not view.votable
    assert not view.askable
    assert view.regenerable
    with pytest.raises(NotVotable):
        await battles.cast_vote(view.handle, VOTER, Verdict.A)
    with pytest.raises(BattleClosed):
        await battles.ask(view.handle, VOTER, "And?")


async def test_regenerating_counts_the_new_replies_and_keeps_the_old(
    battles: Battles, database: Database, enter: Enter
):
    enter(scripted("one", reply=["first try", "second try"]), scripted("two", reply=["1", "2"]))
    view = await finished_battle(battles)
    view = await finished(battles, await battles.regenerate(view.handle, VOTER))
    assert {view.turns[0].a.text, view.turns[0].b.text} == {"second try", "2"}
    assert view.turns[0].attempt == 2
    assert count(database, Reply) == 4
    view = await finished(battles, await battles.regenerate(view.handle, VOTER))
    assert not view.regenerable
    with pytest.raises(BattleClosed, match="3 times"):
        await battles.regenerate(view.handle, VOTER)


async def test_a_departed_voter_ends_the_replies_as_interrupted(
    battles: Battles, enter: Enter, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(races, "PATIENCE_S", 0.2)
    monkeypatch.setattr(races, "ARRIVAL_S", 0.5)
    enter(scripted("one", reply="x " * 500, tokens_per_s=20), scripted("two", reply="y " * 500, tokens_per_s=20))
    view = await battles.open_battle(VOTER, "Talk")
    while view.running:
        await asyncio.sleep(0.1)
        view = await battles.look(view.handle, VOTER)
    assert view.turns[0].a.status is ReplyStatus.INTERRUPTED
    assert view.regenerable


async def test_a_second_tab_sees_the_live_tail(battles: Battles, enter: Enter):
    enter(scripted("one", reply="x " * 5000, tokens_per_s=60), scripted("two", reply="y " * 5000, tokens_per_s=60))
    view = await battles.open_battle(VOTER, "Talk")
    first = asyncio.create_task(finished(battles, view))
    async for now in battles.watch(view.handle, VOTER):
        if now.turns[0].a.text:
            break
    tab = await battles.latest_open(VOTER)
    assert tab is not None
    assert tab.running
    assert tab.turns[0].a.text
    second = asyncio.create_task(finished(battles, tab))
    await battles.stop(view.handle, VOTER)
    assert await second == await first


async def test_a_reader_who_is_slow_with_the_first_view_sees_the_end_too(battles: Battles, enter: Enter):
    enter(scripted("one", reply="x " * 500, tokens_per_s=20), scripted("two", reply="y " * 500, tokens_per_s=20))
    view = await battles.open_battle(VOTER, "Talk")
    async with aclosing(battles.watch(view.handle, VOTER)) as views:
        assert (await anext(views)).running
        await battles.stop(view.handle, VOTER)
        assert [seen.running async for seen in views] == [False]


async def test_more_tabs_than_anybody_reads_see_the_battle_once(
    battles: Battles, enter: Enter, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("arena.battles.battles.MAX_WATCHERS", 1)
    enter(scripted("one", reply="x " * 500, tokens_per_s=20), scripted("two", reply="y " * 500, tokens_per_s=20))
    view = await battles.open_battle(VOTER, "Talk")
    async with aclosing(battles.watch(view.handle, VOTER)) as first:
        for _ in range(3):
            assert (await anext(first)).running
        assert [seen.running async for seen in battles.watch(view.handle, VOTER)] == [True]
        assert (await anext(first)).running


async def test_a_restarted_server_brings_the_battle_back(
    battles: Battles, database: Database, enter: Enter, settings: Settings
):
    enter(scripted("one", reply="x " * 500, tokens_per_s=50), scripted("two", reply="quick"))
    view = await battles.open_battle(VOTER, "Talk")
    async for now in battles.watch(view.handle, VOTER):
        if max(len(now.turns[0].a.text), len(now.turns[0].b.text)) > 120:
            break
    # As after kill -9: a new process knows only the database.
    restarted = Battles(database, OpenContenders({}), settings=settings)
    after = await restarted.look(view.handle, VOTER)
    statuses = {after.turns[0].a.status, after.turns[0].b.status}
    assert statuses == {ReplyStatus.INTERRUPTED, ReplyStatus.FINISHED}
    assert any("x x" in reply.text for reply in (after.turns[0].a, after.turns[0].b))  # the checkpoint
    again = await restarted.regenerate(view.handle, VOTER)
    assert again.running
    await restarted.aclose()


async def test_a_whole_battle_stays_votable_after_a_restart(
    battles: Battles, database: Database, enter: Enter, settings: Settings
):
    enter(scripted("one"), scripted("two"))
    view = await finished_battle(battles)
    restarted = Battles(database, OpenContenders({}), settings=settings)
    assert (await restarted.cast_vote(view.handle, VOTER, Verdict.TIE)).reveal


async def test_another_voter_knows_nothing_of_the_battle(battles: Battles, enter: Enter):
    enter(scripted("one"), scripted("two"))
    view = await finished_battle(battles)
    for attempt in (
        battles.look(view.handle, STRANGER),
        battles.ask(view.handle, STRANGER, "Hm?"),
        battles.regenerate(view.handle, STRANGER),
        battles.stop(view.handle, STRANGER),
        battles.cast_vote(view.handle, STRANGER, Verdict.A),
        battles.look(Handle("made-up"), VOTER),
    ):
        with pytest.raises(UnknownBattle):
            await attempt
    assert await battles.latest_open(STRANGER) is None


async def test_another_voter_does_not_stop_what_is_being_written(battles: Battles, database: Database, enter: Enter):
    enter(scripted("one", reply="x", first_token_s=30), scripted("two", reply="y", first_token_s=30))
    view = await battles.open_battle(VOTER, "Hello")
    with pytest.raises(UnknownBattle):
        await battles.stop(view.handle, STRANGER)
    assert (await battles.look(view.handle, VOTER)).running
    assert {reply.status for reply in stored_replies(database)} == {ReplyStatus.STREAMING}


async def test_text_that_was_kept_on_the_way_never_replaces_the_end_of_a_reply(
    battles: Battles, database: Database, enter: Enter
):
    enter(scripted("one"), scripted("two"))
    await finished_battle(battles)
    ends = {reply.id: reply.text for reply in stored_replies(database)}
    with database.writing() as session:
        queries.store_texts(session, dict.fromkeys(ends, "Words"))
    assert {reply.id: reply.text for reply in stored_replies(database)} == ends


async def test_a_battle_being_answered_takes_no_other_request(battles: Battles, enter: Enter):
    enter(scripted("one", reply="x", first_token_s=20), scripted("two", reply="y", first_token_s=20))
    view = await battles.open_battle(VOTER, "Talk")
    with pytest.raises(BattleBusy):
        await battles.ask(view.handle, VOTER, "Well?")
    with pytest.raises(BattleBusy):
        await battles.regenerate(view.handle, VOTER)
    with pytest.raises(NotVotable):
        await battles.cast_vote(view.handle, VOTER, Verdict.A)


async def test_one_voter_and_the_whole_arena_have_their_limits(battles: Battles, enter: Enter):
    enter(scripted("one", reply="x", first_token_s=20), scripted("two", reply="y", first_token_s=20))
    for _ in range(4):
        await battles.open_battle(VOTER, "Talk")
    with pytest.raises(TooBusy, match="your battles"):
        await battles.open_battle(VOTER, "Talk")
    for _ in range(2):
        await battles.open_battle(STRANGER, "Talk")
    with pytest.raises(TooBusy, match="full"):
        await battles.open_battle(STRANGER, "Talk")


@pytest.mark.parametrize("prompt", ["", "  \n", "x" * 101])
async def test_an_unfit_prompt_is_refused_and_nothing_is_stored(
    battles: Battles, database: Database, enter: Enter, prompt: str
):
    enter(scripted("one"), scripted("two"))
    with pytest.raises(PromptRefused):
        await battles.open_battle(VOTER, prompt)
    assert count(database, Battle) == 0


@pytest.mark.parametrize("prompt", ["nul \0 inside", "lone \ud800 surrogate", "مرحبا \u202e", "🙂" * 50])
async def test_odd_characters_survive_both_databases(battles: Battles, enter: Enter, prompt: str):
    enter(scripted("one"), scripted("two"))
    view = await finished_battle(battles, prompt)
    assert view.votable
    assert "\0" not in view.turns[0].prompt


async def test_a_lonely_contender_has_no_battle(battles: Battles, enter: Enter):
    enter(scripted("one"))
    with pytest.raises(NotEnoughContenders):
        await battles.open_battle(VOTER, "Anyone?")


async def test_turns_are_limited(battles: Battles, enter: Enter):
    enter(scripted("one"), scripted("two"))
    view = await finished_battle(battles)
    for prompt in ("two", "three"):
        view = await finished(battles, await battles.ask(view.handle, VOTER, prompt))
    assert not view.askable
    with pytest.raises(BattleClosed, match="3 turns"):
        await battles.ask(view.handle, VOTER, "four")


async def test_a_vote_the_database_does_not_take_reveals_nothing(battles: Battles, database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    view = await finished_battle(battles)
    with database.writing() as session:
        session.execute(text("ALTER TABLE votes RENAME TO hidden_votes"))
    with pytest.raises(Exception, match=r"(?i)votes"):
        await battles.cast_vote(view.handle, VOTER, Verdict.A)
    with database.writing() as session:
        session.execute(text("ALTER TABLE hidden_votes RENAME TO votes"))
    after = await battles.look(view.handle, VOTER)
    assert after.reveal is None
    assert after.votable
    assert (await battles.cast_vote(view.handle, VOTER, Verdict.A)).reveal


async def test_a_locked_database_is_waited_for_and_then_reported(database: Database, enter: Enter, settings: Settings):
    if not database.is_sqlite:
        pytest.skip("PostgreSQL has no lock on the whole database")
    enter(scripted("one"), scripted("two"))
    battles = Battles(database, OpenContenders({}), settings=settings)
    view = await finished_battle(battles)
    other = Database(str(database.engine.url) + "?timeout=0.1")
    blocker = other.engine.connect().execution_options(sqlite_begin="BEGIN IMMEDIATE")
    blocker.begin()
    database.engine.dispose()
    voting = asyncio.create_task(battles.cast_vote(view.handle, VOTER, Verdict.A))
    await asyncio.sleep(0.3)
    assert not voting.done()
    blocker.rollback()
    blocker.close()
    other.close()
    assert (await voting).reveal


async def test_an_unreachable_database_stops_the_battle_before_anything_is_asked(settings: Settings):
    battles = Battles(Database("sqlite:////nowhere/arena.db"), OpenContenders({}), settings=settings)
    with pytest.raises(DatabaseUnavailable):
        await battles.open_battle(VOTER, "Hello?")
