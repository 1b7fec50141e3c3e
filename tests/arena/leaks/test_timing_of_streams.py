"""The timing channel on real streams: two speeds are told apart, one speed is not."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import text

from arena.battles.battles import Battles
from arena.contenders.opened import OpenContenders
from arena.db.session import Database
from arena.db.states import VoterKey
from arena.leaks.meter import FEWEST_REPLIES, LeakMeter
from arena.settings import Settings
from tests.arena.conftest import scripted

Enter = Callable[..., None]
TOGETHER = 20


async def answered(database: Database, number: int) -> None:
    """Have a battle about one of many prompts answered to its end, as a voter of its own."""
    opened = OpenContenders({})
    battles = Battles(database, opened, settings=Settings(max_running=TOGETHER))
    for begin in range(0, number, TOGETHER):
        await asyncio.gather(*(one(battles, prompt) for prompt in range(begin, min(number, begin + TOGETHER))))
    await battles.aclose()
    await opened.aclose()


async def one(battles: Battles, prompt: int) -> None:
    voter = VoterKey(f"{prompt:064}")
    view = await battles.open_battle(voter, f"What is {prompt}?")
    async for _ in battles.watch(view.handle, voter):
        pass


@pytest.mark.slow
@pytest.mark.parametrize(("speeds", "told_apart"), [((200.0, 25.0), True), ((60.0, 60.0), False)])
async def test_contenders_are_recognised_by_their_pace_and_not_at_one_pace(
    database: Database, enter: Enter, speeds: tuple[float, float], told_apart: bool
):
    reply = "The same words from everybody, in the same order and number."
    enter(*(scripted(slug, reply=reply, tokens_per_s=speed) for slug, speed in zip(("x", "y"), speeds, strict=True)))
    await answered(database, FEWEST_REPLIES)
    with database.reading() as session:
        month = str(session.scalar(text("SELECT max(started_at) FROM replies")))[:7]
    found = LeakMeter(database).measure(month).recognised
    for slug in ("x", "y"):
        assert found[slug]["text"].share == pytest.approx(0.5, abs=0.02)
        assert found[slug]["length"].share == pytest.approx(0.5, abs=0.02)
        if told_apart:
            assert found[slug]["timing"].share > 0.9
        else:
            assert found[slug]["timing"].lower < 0.55
