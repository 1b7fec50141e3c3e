"""One password for every page of operators, and one door: guessing is no faster at several pages."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from arena.db.session import Database
from arena.settings import Settings
from arena.web import operators_door
from arena.web.operators_door import OperatorsDoor, password_of, user_of
from tests.arena.web.served_arena import ServedArena

PASSWORD = "hum-hum-hum"
PAGES = ("/operations", "/operations/moderation", "/operations/campaigns")


@pytest.fixture
def guarded(database: Database) -> Iterator[ServedArena]:
    arena = ServedArena(database, Settings(operator_password=PASSWORD))
    arena.start()
    yield arena
    arena.stop()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_page_is_reached_with_the_password_and_by_nobody_without(guarded: ServedArena):
    with httpx.Client(base_url=guarded.url) as anybody:
        assert [anybody.get(path).status_code for path in PAGES] == [401] * len(PAGES)
        titles = [anybody.get(path, auth=("ann", PASSWORD)) for path in PAGES]
    assert [answer.status_code for answer in titles] == [200] * len(PAGES)
    assert len({answer.text for answer in titles}) == len(PAGES)


async def test_wrong_passwords_are_answered_one_at_a_time(monkeypatch: pytest.MonkeyPatch):
    asleep: list[int] = [0]
    most: list[int] = []

    async def sleep(seconds: float) -> None:
        assert seconds == operators_door.GUESS_S
        asleep[0] += 1
        most.append(asleep[0])
        await asyncio.get_running_loop().run_in_executor(None, int)
        asleep[0] -= 1

    monkeypatch.setattr(operators_door.asyncio, "sleep", sleep)
    door = OperatorsDoor(PASSWORD)
    guess = httpx.Request("GET", "http://arena/", headers={"authorization": "Basic YW5uOmhhbGxv"})  # ann:hallo
    answers = await asyncio.gather(*(door.refusal(guess) for _ in range(5)))  # type: ignore[arg-type]
    assert [answer.status_code for answer in answers if answer] == [401] * 5
    assert most == [1] * 5


def test_a_user_name_is_what_can_be_shown_of_it():
    assert user_of("Basic YW5uOmhhbGxv") == "ann"
    assert user_of("Basic OmhhbGxv") == "operator"
    assert user_of("") == "operator"


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!", "Bearer aGk6aHVt", "Basic aHVt"])
def test_a_header_that_holds_no_password_gives_none(header: str):
    assert password_of(header) == b""
