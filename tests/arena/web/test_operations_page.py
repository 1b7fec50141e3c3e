"""The operators' page: for those who know the password, with the figures that the command prints."""

import asyncio
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from arena.battles.battles import Battles
from arena.battles.rounds import Rounds
from arena.clock import now
from arena.contenders.opened import OpenContenders
from arena.db.session import Database, sqlite_url
from arena.operations.figures import recent_figures
from arena.settings import Settings
from arena.voters import queries
from arena.web.operations_page import PATH, add_operations, password_of
from arena.web.plain_pages import PlainPages
from tests.arena.web.served_arena import ServedArena, Visitor, contenders

PASSWORD = "hum-hum-hum-알파카"


@pytest.fixture(scope="module")
def watched_arena(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedArena]:
    path = tmp_path_factory.mktemp("watched") / "arena.db"
    shutil.copy(migrated_sqlite, path)
    database = Database(sqlite_url(path))
    with database.writing() as session:
        session.add_all(contenders())
    arena = ServedArena(database, Settings(operator_password=PASSWORD))
    arena.start()
    yield arena
    arena.stop()
    database.close()


def test_without_a_password_there_is_no_such_page(http: httpx.Client):
    answer = http.get(PATH)
    assert answer.status_code == 404
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("auth", [None, ("operator", "hum"), ("operator", ""), (PASSWORD, "operator")])
def test_whoever_does_not_know_the_password_learns_nothing(watched_arena: ServedArena, auth: tuple[str, str] | None):
    answer = httpx.get(watched_arena.url + PATH, auth=auth)
    assert answer.status_code == 401
    assert "secret-one" not in answer.text


def test_the_operator_sees_what_the_command_prints(watched_arena: ServedArena):
    visitor = Visitor(watched_arena.url)
    visitor.ask("fail now")
    visitor.http.close()
    answer = httpx.get(watched_arena.url + PATH, auth=("any", PASSWORD), params={"days": "7"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.text.count("aria-current") == 1  # the period; it is no page of the menu
    one, two = recent_figures(watched_arena.database, days=7)
    assert (one.finished, two.failures) == (1, {"server_fault": 1})
    assert one.slug in answer.text
    assert "server fault 1" in answer.text
    assert "1 (100%)" in answer.text


def test_quotas_that_were_reached_and_votes_that_could_not_be_checked_are_shown(watched_arena: ServedArena):
    window = ("vote-voter-hour", "somebody", now())
    with watched_arena.database.writing() as session:
        queries.add_reached(session, [(window, 1_234)])
    page = httpx.get(watched_arena.url + PATH, auth=("any", PASSWORD)).text
    assert "Votes of a voter in an hour" in page
    assert '<td class="figure">1,234</td><td class="figure">1</td>' in page
    assert "that could not be checked" in page


def test_what_is_under_way_is_shown(watched_arena: ServedArena):
    visitor = Visitor(watched_arena.url)
    visitor.event("ask", "hang on", "")
    page = httpx.get(watched_arena.url + PATH, auth=("any", PASSWORD)).text
    visitor.http.close()
    assert page.count('<td class="figure">1, 0</td>') == 2


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!", "Bearer aGk6aHVt", "Basic aHVt"])
def test_a_header_that_holds_no_password_gives_none(header: str):
    assert password_of(header) == b""


async def test_the_operator_is_told_of_work_in_the_background_that_fails(watched_arena: ServedArena):
    async def full() -> None:
        raise OSError("no space left")

    working = Rounds("keep the books", asyncio.Event().wait, every_s=0)
    failing = Rounds("store text so far", full, every_s=0)
    for rounds in (working, failing):
        rounds.begin()
    while not (failing.trouble and failing.trouble.in_a_row > 1):  # noqa: ASYNC110
        await asyncio.sleep(0)
    app = FastAPI()
    database, settings = watched_arena.database, watched_arena.settings
    battles = Battles(database, OpenContenders({}), settings=settings)
    pages = PlainPages("Arena", versioned=defaultdict(str))
    add_operations(app, pages, database, battles, [working, failing], password="secret")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://arena") as client:
        answer = await client.get(PATH, auth=("any", "secret"))
    for rounds in (working, failing):
        await rounds.aclose()
    assert "store text so far" in answer.text
    assert "OSError" in answer.text
    assert "keep the books" not in answer.text
    assert "no space left" not in answer.text  # what an exception says may hold anything
