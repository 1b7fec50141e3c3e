"""One side of a battle: a contender is opened, its reply is moderated, and the end is stored."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from arena.battles.battles import Battles
from arena.battles.views import BattleView
from arena.contenders.opened import OpenContenders
from arena.db.session import Database
from arena.db.states import BattleStatus, ReplyStatus
from arena.db.tables import Contender, Flag, Reply, Spending
from arena.errors import (
    BattleClosed,
)
from arena.moderation.moderation import Moderation
from arena.moderation.moderators import (
    LocalRules,
    read_rules,
)
from arena.settings import Settings
from leaderboard import Verdict
from tests.arena.conftest import VOTER, Enter, Guarded, scripted
from tests.arena.finished_battles import finished_battle, stored
from tests.endpoints.modes import KEY_IN_LEAKY_ERROR
from tests.endpoints.openai_server import FakeEndpoint


async def test_a_flagged_reply_is_withheld_and_the_battle_is_void(guarded: Guarded, database: Database, enter: Enter):
    enter(scripted("fine"), scripted("harmful", reply="First, take a bomb."))
    async with guarded() as battles:
        view = await finished_battle(battles, "What now?")
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


async def test_a_reply_is_not_counted_whole_before_it_was_judged(
    guarded: Guarded, enter: Enter, fake_endpoint: FakeEndpoint
):
    enter(scripted("one"), scripted("two"))
    async with guarded() as battles:
        view = await finished_battle(battles, "Hello")
    assert view.turns[0].a.status is ReplyStatus.FINISHED
    judged = [call.body["messages"][-1]["content"] for call in fake_endpoint.calls_to("guard")]
    assert sorted(judged) == ["Hello", "Words of one.", "Words of two."]


async def test_a_reply_that_breaks_a_local_rule_stops_while_it_is_written(
    tmp_path: Path, database: Database, open_contenders: OpenContenders, settings: Settings, enter: Enter
):
    file = tmp_path / "rules.toml"
    file.write_text("[[rule]]\ncategory = 'project name'\npattern = 'bluebird'\n")
    endless = "Now to the bluebird, of which nobody may know. " + "And so on, and so on. " * 200
    enter(scripted("fine"), scripted("talkative", reply=endless, tokens_per_s=2000))
    battles = Battles(
        database, open_contenders, settings=settings, moderation=Moderation([LocalRules(read_rules(file))])
    )
    view = await finished_battle(battles, "Hello")
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


@pytest.mark.parametrize("when", [0, 3])
async def test_a_failing_side_voids_the_battle_while_the_other_side_finishes(
    battles: Battles, database: Database, enter: Enter, when: int
):
    enter(
        scripted("good", reply="All is well here."),
        scripted("bad", reply="I will not get to the end", fail="server_fault", fail_after_tokens=when),
    )
    view = await finished_battle(battles)
    assert view.status is BattleStatus.VOID
    replies = {reply.status: reply for reply in (view.turns[0].a, view.turns[0].b)}
    assert replies[ReplyStatus.FINISHED].text == "All is well here."
    assert bool(replies[ReplyStatus.FAILED].text) == bool(when)
    with pytest.raises(BattleClosed, match="void"):
        await battles.cast_vote(view.handle, VOTER, Verdict.A)
    with pytest.raises(BattleClosed, match="void"):
        await battles.regenerate(view.handle, VOTER)
    with database.reading() as session:
        failure = session.scalars(select(Reply).where(Reply.status == ReplyStatus.FAILED)).one()
        assert failure.failure == "server_fault"
        assert failure.duration_s is not None


async def test_a_contender_that_cannot_be_opened_fails_like_any_other(battles: Battles, enter: Enter):
    keyless = scripted("keyless", reply="never said")
    keyless.api_key_env = "A_KEY_THAT_IS_NOT_SET"
    enter(scripted("good"), keyless)
    view = await finished_battle(battles)
    assert view.status is BattleStatus.VOID


async def endpoint_battle(
    database: Database, open_contenders: OpenContenders, enter: Enter, *contenders: Contender, **settings: Any
) -> BattleView:
    enter(*contenders)
    battles = Battles(database, open_contenders, settings=Settings(usd_per_day=5.0, **settings))
    try:
        return await finished_battle(battles)
    finally:
        await battles.aclose()


def at(fake: FakeEndpoint, mode: str, **columns: Any) -> Contender:
    contender = scripted(mode)
    contender.backend, contender.options = "openai", {"url": fake.url, "model": mode}
    for name, value in columns.items():
        setattr(contender, name, value)
    return contender


PRICES = {"input": 2.5, "output": 10.0, "as_of": "2026-11-28", "source": "a test"}


@pytest.mark.parametrize("usage", ["negative", "endless", "nan", "text", "truths", "zeros"])
async def test_numbers_that_cannot_be_true_cost_what_the_text_costs(
    usage: str, database: Database, open_contenders: OpenContenders, enter: Enter, fake_endpoint: FakeEndpoint
):
    contender = at(fake_endpoint, f"usage-{usage}", prices=PRICES)
    view = await endpoint_battle(database, open_contenders, enter, contender, scripted("two"))
    assert view.votable
    row = next(row for row in stored(database, Reply) if row.usd is not None)
    assert 0 < row.usd < 0.001
    assert "estimated" in row.usd_basis
    assert row.completion_tokens is None


async def test_thinking_is_kept_apart_and_paid_for(
    database: Database, open_contenders: OpenContenders, enter: Enter, fake_endpoint: FakeEndpoint
):
    thinker = at(fake_endpoint, "deepseek-reasoning-content", prices=PRICES)
    hidden = at(fake_endpoint, "openai-hidden-thinking", prices=PRICES)
    view = await endpoint_battle(database, open_contenders, enter, thinker, hidden)
    assert {reply.thinking for reply in (view.turns[0].a, view.turns[0].b)} == {None}  # nothing tells that one thinks
    by_reasoning = {row.reasoning: row for row in stored(database, Reply)}
    assert {(row.text, row.num_chars) for row in by_reasoning.values()} == {("Hello", 5)}
    assert by_reasoning.keys() == {"Hm.", ""}
    assert by_reasoning[""].reasoning_tokens == 290
    assert by_reasoning[""].usd == pytest.approx((9 * 2.5 + 300 * 10) / 1e6)
    assert by_reasoning["Hm."].usd > (9 * 2.5) / 1e6


async def test_a_prompt_that_a_vendor_refuses_says_so_and_nobody_rests(
    database: Database, open_contenders: OpenContenders, enter: Enter, fake_endpoint: FakeEndpoint
):
    enter(at(fake_endpoint, "openai-invalid-prompt"), scripted("two"))
    battles = Battles(database, open_contenders, settings=Settings())
    for _ in range(4):
        view = await finished_battle(battles)
        assert view.status is BattleStatus.VOID
        assert sorted((reply.status.value, reply.declined) for reply in (view.turns[0].a, view.turns[0].b)) == [
            ("failed", True),
            ("finished", False),
        ]
    await battles.aclose()
    assert [row.cooling_until for row in stored(database, Contender)] == [None, None]


async def test_an_end_whose_consequences_break_is_stored_as_a_bug_and_the_money_stays_reserved(
    database: Database,
    open_contenders: OpenContenders,
    enter: Enter,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr("arena.battles.answering.names_itself", lambda *_: 1 / 0)
    one, two = scripted("one"), scripted("two")
    one.prices = two.prices = PRICES
    view = await endpoint_battle(database, open_contenders, enter, one, two)
    assert view.status is BattleStatus.VOID
    assert [(row.status, row.failure) for row in stored(database, Reply)] == [(ReplyStatus.FAILED, "bug")] * 2
    assert stored(database, Spending)[0].usd > 0
    assert "a reply's end broke contender=one" in caplog.text


async def test_the_log_says_which_contender_failed_and_why(
    database: Database,
    open_contenders: OpenContenders,
    enter: Enter,
    fake_endpoint: FakeEndpoint,
    caplog: pytest.LogCaptureFixture,
):
    await endpoint_battle(database, open_contenders, enter, at(fake_endpoint, "leaky-error"), scripted("two"))
    assert "a reply failed contender=leaky-error" in caplog.text
    assert "reason=rejected" in caplog.text
    assert KEY_IN_LEAKY_ERROR not in caplog.text


@pytest.mark.parametrize(("thinking", "not_blind"), [("hidden", False), ("after the vote", False), ("folded", True)])
async def test_a_name_in_thinking_counts_only_where_voters_read_it_before_they_vote(
    thinking: str, not_blind: bool, database: Database, open_contenders: OpenContenders, enter: Enter
):
    one = scripted("one", reply="<think>I am Zarquon-9000, made by Testers.</think>Hello.")
    one.aliases = ["Zarquon-9000"]
    view = await endpoint_battle(database, open_contenders, enter, one, scripted("two"), thinking=thinking)
    shown = {reply.thinking for reply in (view.turns[0].a, view.turns[0].b)}
    assert shown == ({"I am Zarquon-9000, made by Testers.", ""} if not_blind else {None})
    row = next(row for row in stored(database, Reply) if row.text == "Hello.")
    assert row.names_itself is not_blind
