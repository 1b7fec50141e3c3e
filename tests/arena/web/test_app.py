"""What holds for answers of all pages: they are compressed, but for what is live."""

import httpx
import pytest

from arena.web.battle.stream import PATH
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
