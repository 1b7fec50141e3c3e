"""What holds for answers of all pages: they are compressed, but for what is live."""

import httpx
import pytest
from sqlalchemy import text

from arena.web.battle.stream import PATH
from arena.web.texts import say
from tests.arena.web.served_arena import ServedArena, Visitor


@pytest.mark.parametrize("path", ["/leaderboard", "/leaderboard/method", "/api/leaderboard/schema", "/about"])
def test_pages_and_open_data_come_compressed(http: httpx.Client, path: str):
    compressed, plain = (http.get(path, headers={"accept-encoding": coding}) for coding in ("gzip", "identity"))
    assert compressed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert int(compressed.headers["content-length"]) < len(plain.content) / 2
    assert "accept-encoding" in compressed.headers["vary"].lower()


@pytest.mark.parametrize("path", ["/leaderboard", "/api/leaderboard/schema"])
def test_who_has_a_compressed_page_already_is_told_so(http: httpx.Client, path: str):
    first = http.get(path, headers={"accept-encoding": "gzip"})
    again = http.get(path, headers={"accept-encoding": "gzip", "if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_replies_reach_a_browser_that_reads_compressed_answers_word_by_word(visitor: Visitor, arena: ServedArena):
    handle = visitor.event("ask", "hang one two three four", "")["handle"]
    browser = {"accept-encoding": "gzip, deflate, br"}
    # Both replies stop after three words and stay open, so what was held back would never come.
    with visitor.http.stream("GET", PATH, params={"battle": handle}, headers=browser) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in stream.headers
        assert any("hang one two" in line for line in stream.iter_lines())


@pytest.fixture
def broken_database(arena: ServedArena):
    with arena.database.writing() as session:
        session.execute(text("ALTER TABLE totals RENAME TO totals_away"))
    yield
    with arena.database.writing() as session:
        session.execute(text("ALTER TABLE totals_away RENAME TO totals"))


def test_without_a_database_pages_and_programs_are_told_so(arena: ServedArena, broken_database: None):
    for path in ("/healthz", "/api/leaderboard"):
        answer = httpx.get(arena.url + path)
        assert (answer.status_code, answer.json()) == (503, {"error": say("problems.database_away")})
    page = httpx.get(arena.url + "/leaderboard")
    assert page.status_code == 503
    assert say("problems.database_away") in page.text


def test_the_arena_is_healthy(arena: ServedArena):
    assert httpx.get(arena.url + "/healthz").json() == {"status": "ready"}
