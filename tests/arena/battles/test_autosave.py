"""The text of replies that are being written, stored so that a crash costs little of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from arena.battles.autosave import Autosave
from arena.battles.race import LiveReply
from arena.db import queries
from arena.db.session import Database
from arena.db.states import ReplyStatus
from arena.db.tables import Reply
from arena.errors import DatabaseUnavailable
from leaderboard import Verdict
from tests.arena.conftest import Enter, scripted
from tests.arena.recorded_votes import Ballot, record


@pytest.fixture
def rows(database: Database, enter: Enter) -> list[int]:
    """The ids of two replies of one battle that are being written."""
    enter(scripted("one"), scripted("two"))
    record(database, Ballot("one", "two", Verdict.A))
    with database.writing() as session:
        session.execute(update(Reply).values(status=ReplyStatus.STREAMING, text=""))
        return [*session.scalars(select(Reply.id).order_by(Reply.id).limit(2))]


class Live:
    """The replies that are being written, as the test changes them."""

    def __init__(self) -> None:
        self.replies: Mapping[int, LiveReply] | None = {}

    def __call__(self) -> Mapping[int, LiveReply] | None:
        return self.replies


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Live:
    monkeypatch.setattr("arena.battles.autosave.EVERY_S", 0.01)
    return Live()


@pytest_asyncio.fixture
async def autosave(database: Database, live: Live) -> AsyncIterator[Autosave]:
    autosave = Autosave(database, live)
    yield autosave
    await autosave.aclose()


async def stored(database: Database, row: int, text: str) -> None:
    """Wait until a reply's row has this text."""
    while True:
        with database.reading() as session:
            if session.get_one(Reply, row).text == text:
                return
        await asyncio.sleep(0.01)


async def test_text_so_far_is_stored_again_and_again_but_not_that_of_a_reply_that_ended(
    database: Database, rows: list[int], live: Live, autosave: Autosave
):
    writing, ended = LiveReply(text="Once"), LiveReply(text="The end", status=ReplyStatus.FINISHED)
    live.replies = dict(zip(rows, (writing, ended), strict=True))
    autosave.start()
    await stored(database, rows[0], "Once")
    writing.text = "Once upon a time"
    await stored(database, rows[0], "Once upon a time")
    with database.reading() as session:
        assert session.get_one(Reply, rows[1]).text == ""  # its end is stored with all that follows from it


@pytest.mark.parametrize("error", [DatabaseUnavailable("away"), ZeroDivisionError("a bug")])
async def test_a_round_that_fails_is_logged_and_the_next_one_stores(
    database: Database,
    rows: list[int],
    live: Live,
    autosave: Autosave,
    error: Exception,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    failures, store = [error], queries.store_texts

    def fail_once(*arguments: object) -> None:
        if failures:
            raise failures.pop()
        store(*arguments)

    monkeypatch.setattr(queries, "store_texts", fail_once)
    live.replies = {rows[0]: LiveReply(text="Once")}
    autosave.start()
    await stored(database, rows[0], "Once")
    assert f"a round failed, the next will come work=store text so far: {error}" in caplog.text


async def test_it_ends_when_nothing_is_written_and_begins_again(
    database: Database, rows: list[int], live: Live, autosave: Autosave
):
    live.replies = None
    autosave.start()
    first = autosave.rounds._task
    assert first
    await first
    live.replies = {rows[0]: LiveReply(text="Later")}
    autosave.start()
    await stored(database, rows[0], "Later")
