"""What reads every vote is looked up in the background, and a page gets the last look."""

import asyncio
import threading

import pytest

from arena.board.observations import observe
from arena.board.observer import Observer
from arena.db.session import Database
from arena.errors import DatabaseUnavailable


async def test_a_page_gets_the_last_look_at_once(database: Database):
    observer = Observer(database, observe)
    first = await observer.latest(patience_s=60)
    assert first
    assert await observer.latest() is first


async def test_a_page_that_cannot_wait_gets_nothing_and_the_next_one_gets_the_look(database: Database):
    may_end = threading.Event()

    def slow(_: Database) -> str:
        may_end.wait(60)
        return "seen"

    observer = Observer(database, slow)
    assert await observer.latest(patience_s=0) is None
    may_end.set()
    assert await observer.latest(patience_s=60) == "seen"


async def test_pages_that_come_together_share_one_look(database: Database):
    looks: list[int] = []

    def look(_: Database) -> int:
        looks.append(1)
        return len(looks)

    observer = Observer(database, look)
    assert await asyncio.gather(*(observer.latest(patience_s=60) for _ in range(5))) == [1] * 5


@pytest.mark.parametrize("error", [DatabaseUnavailable("away"), ZeroDivisionError("a bug")])
async def test_a_look_that_fails_leaves_the_one_before_and_is_logged(
    database: Database, error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("arena.board.observer.OLD_AFTER_S", 0)
    monkeypatch.setattr("arena.board.observer.SHARE_OF_TIME", float("inf"))
    answers: list[str | Exception] = ["seen", error]

    def look(_: Database) -> str:
        answer = answers.pop(0) if answers else "seen"
        if isinstance(answer, Exception):
            raise answer
        return answer

    observer = Observer(database, look)
    assert await observer.latest(patience_s=60) == "seen"
    assert await observer.latest() == "seen"
    async with asyncio.timeout(60):
        while "could not be observed" not in caplog.text:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert await observer.latest() == "seen"
