"""One side of a battle: a contender is opened, its reply is moderated, and the end is stored."""

from pathlib import Path

import pytest
from sqlalchemy import select

from arena.battles.battles import Battles
from arena.contenders.opened import OpenContenders
from arena.db.session import Database
from arena.db.states import BattleStatus, ReplyStatus
from arena.db.tables import Flag, Reply
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
