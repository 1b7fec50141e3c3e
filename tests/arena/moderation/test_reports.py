from collections.abc import Callable
from datetime import timedelta

import pytest

from arena.battles.battles import Battles
from arena.db.session import Database
from arena.db.states import Handle
from arena.db.tables import Flag, Reply
from arena.errors import NothingToReport, TooBusy, UnknownBattle
from arena.moderation import reports
from arena.moderation.reports import BY_VOTER
from leaderboard import Verdict
from tests.arena.conftest import STRANGER, VOTER, scripted
from tests.arena.finished_battles import finished_battle, stored

Enter = Callable[..., None]


@pytest.mark.parametrize("side", ["a", "b"])
async def test_a_voter_reports_either_answer_and_stays_blind(
    battles: Battles, database: Database, enter: Enter, side: str
):
    enter(scripted("one"), scripted("two"))
    view = await finished_battle(battles)
    await battles.report(view.handle, VOTER, side)  # type: ignore[arg-type]
    await battles.report(view.handle, VOTER, side)  # type: ignore[arg-type]
    (flag,) = stored(database, Flag)
    assert flag.moderator == BY_VOTER
    assert next(reply.side for reply in stored(database, Reply) if reply.id == flag.reply_id) == side
    after = await battles.look(view.handle, VOTER)
    assert after == view
    assert after.reveal is None
    assert (await battles.cast_vote(view.handle, VOTER, Verdict.A)).reveal.not_counted == ""  # type: ignore[union-attr]


async def test_nobody_reports_in_the_battle_of_another(battles: Battles, database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    view = await finished_battle(battles)
    for handle, voter in ((view.handle, STRANGER), (Handle("x"), VOTER)):
        with pytest.raises(UnknownBattle):
            await battles.report(handle, voter, "a")
    assert not stored(database, Flag)


async def test_an_answer_that_is_not_there_cannot_be_reported(battles: Battles, database: Database, enter: Enter):
    enter(scripted("one"), scripted("slow", reply="Words " * 50, pause_s=5))
    view = await battles.open_battle(VOTER, "Hello")
    refusals = 0
    for side in ("a", "b"):
        try:
            await battles.report(view.handle, VOTER, side)  # type: ignore[arg-type]
        except NothingToReport:
            refusals += 1
    assert refusals
    await battles.stop(view.handle, VOTER)


async def test_a_voter_reports_only_so_much_a_day(
    battles: Battles, database: Database, enter: Enter, monkeypatch: pytest.MonkeyPatch
):
    enter(scripted("one"), scripted("two"))
    monkeypatch.setattr(reports, "MOST_A_DAY", 1)
    view = await finished_battle(battles)
    await battles.report(view.handle, VOTER, "a")
    await battles.report(view.handle, VOTER, "a")  # the same answer again
    with pytest.raises(TooBusy):
        await battles.report(view.handle, VOTER, "b")
    with database.writing() as session:
        (flag,) = session.query(Flag)
        flag.at -= timedelta(days=2)
    await battles.report(view.handle, VOTER, "b")
