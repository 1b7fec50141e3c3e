"""What moderation found, and what it could not check when it was written."""

import io

from arena.db.session import Database
from arena.exchange.exports import VoteExport
from arena.moderation.flags import Flags, Recheck
from arena.moderation.moderation import Moderation
from arena.moderation.moderators import (
    LlamaGuard,
)
from leaderboard import Verdict
from tests.arena.conftest import VOTER, Enter, Guarded, scripted
from tests.arena.finished_battles import finished_battle
from tests.endpoints.openai_server import FakeEndpoint


async def test_what_was_unchecked_is_judged_later_and_a_late_flag_stays_out_of_exports(
    guarded: Guarded, database: Database, enter: Enter, fake_endpoint: FakeEndpoint
):
    enter(scripted("fine"), scripted("harmful", reply="First, take a bomb."))
    async with guarded("http-503", "allow") as battles:
        view = await finished_battle(battles, "What now?")
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
