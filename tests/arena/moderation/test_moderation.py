"""Moderation: what is flagged is not sent or not shown, is stored with its categories, and stays out of exports."""

import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from arena.battles.battles import Battles
from arena.battles.views import BattleView
from arena.cli import main
from arena.clock import now
from arena.contenders.opened import OpenContenders
from arena.db.session import Database
from arena.db.states import BattleStatus, ReplyStatus
from arena.db.tables import Battle, Flag, Reply, Turn
from arena.errors import BadConfiguration, ModerationAway, PromptRefused
from arena.exchange.exports import VoteExport
from arena.moderation.flags import Flags, Recheck
from arena.moderation.moderation import Moderation, ModerationOutcome
from arena.moderation.moderators import (
    LlamaGuard,
    LocalRules,
    OpenAIModeration,
    open_moderation,
    read_rules,
    ruling_of_guard,
)
from arena.settings import Settings
from generation.errors import NotAStream
from leaderboard import Verdict
from tests.arena.conftest import VOTER, scripted
from tests.endpoints.openai_server import FakeEndpoint

CARD = "4539 1488 0343 6467"


@pytest.fixture
def guarded(
    database: Database, open_contenders: OpenContenders, settings: Settings, fake_endpoint: FakeEndpoint
) -> Callable[..., object]:
    """Battles that a Llama Guard watches: the fake endpoint calls unsafe what speaks of a bomb."""

    @asynccontextmanager
    async def guarded(model: str = "guard", when_away: str = "refuse") -> AsyncIterator[Battles]:
        guard = LlamaGuard(fake_endpoint.url, model, timeout_s=2)
        moderation = Moderation([LocalRules(read_rules()), guard], when_away=when_away, timeout_s=2)
        battles = Battles(database, open_contenders, settings=settings, moderation=moderation)
        yield battles
        await battles.aclose()
        await moderation.aclose()

    return guarded


async def written(battles: Battles, view: BattleView) -> BattleView:
    async for _ in battles.watch(view.handle, VOTER):
        pass
    return await battles.look(view.handle, VOTER)


def stored(database: Database, table: type):
    with database.reading() as session:
        return session.scalars(select(table)).all()


async def test_a_flagged_prompt_is_refused_before_anybody_is_asked_and_kept_with_its_categories(
    guarded, database: Database, enter: Callable[..., None]
):
    enter(scripted("one"), scripted("two"))
    async with guarded() as battles:
        with pytest.raises(PromptRefused, match="S1 violent crimes, S9 indiscriminate weapons"):
            await battles.open_battle(VOTER, "Build me a bomb")
    assert stored(database, Battle) == []
    (flag,) = stored(database, Flag)
    assert (flag.moderator, flag.text, flag.reply_id) == ("llama-guard", "Build me a bomb", None)
    assert flag.categories == ["S1 violent crimes", "S9 indiscriminate weapons"]


async def test_a_private_prompt_is_refused_on_this_machine_and_its_text_is_kept_nowhere(
    guarded, database: Database, enter: Callable[..., None], fake_endpoint: FakeEndpoint
):
    enter(scripted("one"), scripted("two"))
    async with guarded() as battles:
        with pytest.raises(PromptRefused, match="payment card number"):
            await battles.open_battle(VOTER, f"Is {CARD} mine?")
    (flag,) = stored(database, Flag)
    assert (flag.moderator, flag.text) == ("local", "")
    assert fake_endpoint.calls == []


async def test_a_flagged_reply_is_withheld_and_the_battle_is_void(
    guarded, database: Database, enter: Callable[..., None]
):
    enter(scripted("fine"), scripted("harmful", reply="First, take a bomb."))
    async with guarded() as battles:
        view = await written(battles, await battles.open_battle(VOTER, "What now?"))
    assert view.status is BattleStatus.VOID
    replies = [view.turns[0].a, view.turns[0].b]
    assert sorted((reply.status.value, reply.withheld, reply.text) for reply in replies) == [
        ("failed", True, ""),
        ("finished", False, "Words of fine."),
    ]
    rows = {row.moderation: row for row in stored(database, Reply)}
    assert rows.keys() == {"passed", "flagged"}
    assert rows["flagged"].text == "First, take a bomb."  # kept for those who look into it
    (flag,) = stored(database, Flag)
    assert flag.reply_id == rows["flagged"].id


async def test_with_the_moderator_away_nothing_unchecked_is_sent(guarded, enter: Callable[..., None]):
    enter(scripted("one"), scripted("two"))
    async with guarded("http-503") as battles:
        with pytest.raises(ModerationAway, match="sends nothing unchecked"):
            await battles.open_battle(VOTER, "Hello")


async def test_with_the_moderator_away_an_arena_that_allows_it_goes_on_and_says_so(
    guarded, database: Database, enter: Callable[..., None]
):
    enter(scripted("one"), scripted("two"))
    async with guarded("http-503", "allow") as battles:
        view = await written(battles, await battles.open_battle(VOTER, "Hello"))
    assert view.votable
    assert view.unchecked
    assert {row.moderation for row in [*stored(database, Turn), *stored(database, Reply)]} == {"unchecked"}


async def test_what_was_unchecked_is_judged_later_and_a_late_flag_stays_out_of_exports(
    guarded, database: Database, enter: Callable[..., None], fake_endpoint: FakeEndpoint
):
    enter(scripted("fine"), scripted("harmful", reply="First, take a bomb."))
    async with guarded("http-503", "allow") as battles:
        view = await written(battles, await battles.open_battle(VOTER, "What now?"))
        await battles.cast_vote(view.handle, VOTER, Verdict.TIE)
    flags, export = Flags(database), VoteExport(database)
    assert flags.num_unchecked() == 3
    assert export.write_to(io.BytesIO(), kind="jsonl") == 1
    guard = LlamaGuard(fake_endpoint.url, "guard", timeout_s=2)
    assert await flags.recheck(Moderation([guard])) == Recheck(judged=3, flagged=1, still_unchecked=0)
    await guard.aclose()
    assert export.write_to(io.BytesIO(), kind="jsonl") == 0
    assert [flag.categories[0] for flag in flags.list()] == ["S1 violent crimes"]
    assert flags.num_unchecked() == 0


def test_the_command_lists_flags_and_checks_what_was_left(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("ARENA_DATABASE_URL", database_url)
    with database.writing() as session:
        session.add(Flag(at=now(), moderator="local", categories=["API key"]))
    assert main(["moderation", "list"]) == 0
    assert "refused prompt  1   local  API key" in capsys.readouterr().out
    assert main(["moderation", "recheck"]) == 0
    assert capsys.readouterr().out == "0 judged, 0 of them flagged.\n"


async def test_a_reply_is_not_counted_whole_before_it_was_judged(
    guarded, enter: Callable[..., None], fake_endpoint: FakeEndpoint
):
    enter(scripted("one"), scripted("two"))
    async with guarded() as battles:
        view = await written(battles, await battles.open_battle(VOTER, "Hello"))
    assert view.turns[0].a.status is ReplyStatus.FINISHED
    judged = [call.body["messages"][-1]["content"] for call in fake_endpoint.calls_to("guard")]
    assert sorted(judged) == ["Hello", "Words of one.", "Words of two."]


@pytest.mark.parametrize(
    ("answer", "outcome", "categories"),
    [
        ("safe", ModerationOutcome.PASSED, ()),
        ("\n\nsafe", ModerationOutcome.PASSED, ()),
        ("unsafe\nS2", ModerationOutcome.FLAGGED, ("S2 non-violent crimes",)),
        ("unsafe\ns10, S99", ModerationOutcome.FLAGGED, ("S10 hate", "S99")),
        ("unsafe", ModerationOutcome.FLAGGED, ("unsafe",)),
    ],
)
def test_a_guards_answer_is_read(answer: str, outcome: ModerationOutcome, categories: tuple[str, ...]):
    ruling = ruling_of_guard(answer, moderator="llama-guard")
    assert (ruling.outcome, ruling.categories) == (outcome, categories)


@pytest.mark.parametrize("answer", ["", "I cannot help with that.", "safety first"])
def test_a_guard_that_says_something_else_has_not_judged(answer: str):
    with pytest.raises(NotAStream):
        ruling_of_guard(answer, moderator="llama-guard")


async def test_openais_endpoint_is_read_and_its_failure_is_no_judgement(fake_endpoint: FakeEndpoint):
    moderator = OpenAIModeration(fake_endpoint.url, "omni-moderation-latest")
    assert (await moderator.judge("How are you?", None)).outcome is ModerationOutcome.PASSED
    assert (await moderator.judge("How are you?", "Like a bomb.")).categories == ("violence",)
    await moderator.aclose()
    away = OpenAIModeration(fake_endpoint.url, "http-503")
    assert (await Moderation([away]).of_prompt("Hello")).outcome is ModerationOutcome.UNCHECKED
    await away.aclose()
    nobody = OpenAIModeration("http://127.0.0.1:9/v1", "any")
    assert (await Moderation([nobody]).of_prompt("Hello")).outcome is ModerationOutcome.UNCHECKED
    await nobody.aclose()


@pytest.mark.parametrize(
    ("prompt", "category"),
    [
        (f"My card is {CARD}.", "payment card number"),
        ("My card is 4539148803436468.", None),
        ("The order is 12345678901234567890.", None),
        ("900101-1234568", "Korean resident registration number"),
        ("900101-1234567", None),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "private key"),
        ("use sk-proj-abcdefghijklmnopqrstuvwx", "API key"),
        ("Tell a llama from an alpaca.", None),
    ],
)
async def test_the_local_rules_find_what_people_should_not_send(prompt: str, category: str | None):
    ruling = await LocalRules(read_rules()).judge(prompt, None)
    assert ruling.categories == ((category,) if category else ())
    assert ruling.private is bool(category)


async def test_an_operators_rules_judge_replies_too(tmp_path: Path):
    file = tmp_path / "rules.toml"
    file.write_text("[[rule]]\ncategory = 'project name'\npattern = 'bluebird'\n")
    rules = LocalRules(read_rules(file))
    assert (await rules.judge("Hello", "It is called Bluebird.")).categories == ("project name",)
    assert (
        await rules.judge("Hello", CARD)
    ).outcome is ModerationOutcome.PASSED  # made-up numbers in replies are no secret


async def test_a_reply_that_breaks_a_local_rule_stops_while_it_is_written(
    tmp_path: Path, database: Database, open_contenders: OpenContenders, settings: Settings, enter: Callable[..., None]
):
    file = tmp_path / "rules.toml"
    file.write_text("[[rule]]\ncategory = 'project name'\npattern = 'bluebird'\n")
    endless = "Now to the bluebird, of which nobody may know. " + "And so on, and so on. " * 200
    enter(scripted("fine"), scripted("talkative", reply=endless, tokens_per_s=2000))
    battles = Battles(
        database, open_contenders, settings=settings, moderation=Moderation([LocalRules(read_rules(file))])
    )
    view = await written(battles, await battles.open_battle(VOTER, "Hello"))
    assert view.status is BattleStatus.VOID
    assert sorted((reply.withheld, reply.text) for reply in (view.turns[0].a, view.turns[0].b)) == [
        (False, "Words of fine."),
        (True, ""),
    ]
    (row,) = (row for row in stored(database, Reply) if row.failure)
    assert row.text.startswith("Now to the bluebird")
    assert len(row.text) < 200
    (flag,) = stored(database, Flag)
    assert (flag.reply_id, flag.categories) == (row.id, ["project name"])
    await battles.aclose()


def test_a_glance_waits_until_a_word_is_whole_and_finds_what_began_long_before(tmp_path: Path):
    file = tmp_path / "rules.toml"
    file.write_text("[[rule]]\ncategory = 'word'\npattern = '\\bban\\b'\n")
    rules = LocalRules(read_rules(file))
    assert rules.glance("They ban", since=0).outcome is ModerationOutcome.PASSED
    assert rules.glance("They bananas are ripe and sweet by now.", since=0).outcome is ModerationOutcome.PASSED
    assert rules.glance("They ban what is ripe and sweet by now.", since=30).outcome is ModerationOutcome.FLAGGED


def test_faulty_rules_are_all_told_at_once(tmp_path: Path):
    file = tmp_path / "rules.toml"
    file.write_text("[[rule]]\ncategory = 'a'\npattern = '('\n[[rule]]\ncategory = 'b'\npattern = 'b'\nspeed = 1\n")
    with pytest.raises(BadConfiguration) as caught:
        read_rules(file)
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize(
    "settings",
    [
        Settings(moderation="magic"),
        Settings(moderation="openai"),
        Settings(moderation="llama-guard", moderation_url="http://127.0.0.1:9"),
        Settings(moderation_away="shrug"),
        Settings(moderation="openai", moderation_url="http://h", moderation_model="m", moderation_key_env="NOT_THERE"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings: Settings):
    with pytest.raises(BadConfiguration):
        open_moderation(settings, {})
