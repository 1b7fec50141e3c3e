"""The operators' page: for those who know the password, with the figures that the command prints."""

import asyncio
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from arena.battles.battles import Battles
from arena.battles.rounds import Rounds
from arena.clock import now
from arena.contenders.opened import OpenContenders
from arena.contenders.register import Contenders
from arena.db.finding_tables import CheckRequest
from arena.db.session import Database, sqlite_url
from arena.operations.figures import recent_figures
from arena.settings import Settings
from arena.voters import queries
from arena.web.operations_page import ACT_PATH, PATH, add_operations, is_token, token_of
from arena.web.operators_door import OperatorsDoor
from arena.web.plain_pages import PlainPages
from tests.arena.finished_battles import stored
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
    add_operations(app, pages, database, battles, [working, failing], door=OperatorsDoor("secret"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://arena") as client:
        answer = await client.get(PATH, auth=("any", "secret"))
    for rounds in (working, failing):
        await rounds.aclose()
    assert "store text so far" in answer.text
    assert "OSError" in answer.text
    assert "keep the books" not in answer.text
    assert "no space left" not in answer.text  # what an exception says may hold anything


# One contender, and what may be done with it.


def page_of(arena: ServedArena, slug: str, **params: str) -> httpx.Response:
    return httpx.get(f"{arena.url}{PATH}/{slug}", auth=("mina", PASSWORD), params=params)


def token_on(page: httpx.Response) -> str:
    found = re.search(r'name="token" value="([0-9a-f]{64})"', page.text)
    assert found
    return found[1]


def send(arena: ServedArena, headers: dict[str, str] | None = None, **form: str) -> httpx.Response:
    return httpx.post(arena.url + ACT_PATH, auth=("mina", PASSWORD), data=form, headers=headers)


def status_of_contender(arena: ServedArena, slug: str) -> tuple[str, str]:
    (row,) = Contenders(arena.database).named([slug])
    return row.status.value, row.status_reason


def test_a_contenders_page_shows_its_errors_and_what_may_be_done(watched_arena: ServedArena):
    visitor = Visitor(watched_arena.url)
    visitor.ask("fail now")
    visitor.http.close()
    failing = next(one.slug for one in recent_figures(watched_arena.database, days=7) if one.failed)
    page = page_of(watched_arena, failing)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert "server fault" in page.text
    assert 'value="pause"' in page.text
    assert 'value="resume"' not in page.text
    assert "It was not checked as it is now." in page.text


def test_an_operator_pauses_and_resumes_by_the_same_rules_as_the_command(watched_arena: ServedArena):
    slug = recent_figures(watched_arena.database, days=7)[1].slug
    token = token_on(page_of(watched_arena, slug))
    paused = send(watched_arena, token=token, slug=slug, act="pause", reason="too slow")
    assert (paused.status_code, paused.headers["location"]) == (303, f"{PATH}/{slug}?done=pause")
    assert "It is paused" in page_of(watched_arena, slug, done="pause").text
    assert status_of_contender(watched_arena, slug) == ("paused", "too slow (mina, from the operators' page)")
    again = send(watched_arena, token=token, slug=slug, act="pause", reason="")
    assert again.status_code in {303, 409}
    refused = send(watched_arena, token=token, slug=slug, act="resume", reason="")
    assert refused.status_code == 409
    assert "has not passed a check" in refused.text
    Contenders(watched_arena.database).activate(slug, "by hand", unchecked=True)


def test_a_check_is_asked_of_the_serving_process_and_who_asked_is_kept(watched_arena: ServedArena):
    slug = recent_figures(watched_arena.database, days=7)[0].slug
    token = token_on(page_of(watched_arena, slug))
    assert send(watched_arena, token=token, slug=slug, act="check").status_code == 303
    (request,) = stored(watched_arena.database, CheckRequest)
    assert (request.slugs, request.asked_by, request.activates) == ([slug], "mina", False)
    assert "by mina" in page_of(watched_arena, slug).text


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}]
)
def test_another_sites_form_is_refused_before_it_is_read(watched_arena: ServedArena, headers: dict[str, str]):
    slug = recent_figures(watched_arena.database, days=7)[0].slug
    token = token_on(page_of(watched_arena, slug))
    assert send(watched_arena, headers, token=token, slug=slug, act="pause").status_code == 403
    assert status_of_contender(watched_arena, slug)[0] == "active"


@pytest.mark.parametrize("form", [{}, {"token": "0" * 64}, {"token": "é"}, {"act": "retire"}, {"act": ""}])
def test_a_form_without_our_token_or_with_another_wish_changes_nothing(
    watched_arena: ServedArena, form: dict[str, str]
):
    slug = recent_figures(watched_arena.database, days=7)[0].slug
    wish = {
        "slug": slug,
        "act": "pause",
        **({"token": token_on(page_of(watched_arena, slug))} if "act" in form else {}),
    }
    assert send(watched_arena, **(wish | form)).status_code == 400
    assert status_of_contender(watched_arena, slug)[0] == "active"


def test_nobody_else_sees_or_does_anything(watched_arena: ServedArena, http: httpx.Client):
    slug = recent_figures(watched_arena.database, days=7)[0].slug
    assert httpx.get(f"{watched_arena.url}{PATH}/{slug}").status_code == 401
    assert httpx.post(watched_arena.url + ACT_PATH, data={"slug": slug, "act": "pause"}).status_code == 401
    assert http.post(ACT_PATH, data={"slug": slug}).status_code in {404, 405}  # an arena without a password
    assert page_of(watched_arena, "nobody").status_code == 404


def test_a_token_is_good_for_a_day_or_two():
    moment = datetime(2026, 11, 28, 12, tzinfo=UTC)
    token = token_of(OperatorsDoor("secret"), moment)
    later = [moment + timedelta(days=days) for days in range(3)]
    assert [is_token(token, OperatorsDoor("secret"), one) for one in later] == [True, True, False]
    assert not is_token(token, OperatorsDoor("other"), moment)
