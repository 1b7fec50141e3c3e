"""The board's addresses: what is answered to somebody who has it already, and where there is nothing."""

import httpx
import pytest

from tests.arena.web.served_arena import Visitor


def test_who_has_the_newest_board_is_told_so(board: httpx.Client):
    for path in ("/api/leaderboard", "/leaderboard", "/api/leaderboard.csv"):
        first = board.get(path)
        again = board.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert board.get(path, headers={"if-none-match": '"old"'}).status_code == 200


def test_the_page_and_the_json_show_a_new_vote(visitor: Visitor):
    before = visitor.http.get("/api/leaderboard").json()["votes"]
    visitor.ask("hello")
    visitor.vote("a")
    whole = visitor.http.get("/api/leaderboard").json()
    assert whole["votes"] == before + 1
    assert f"{before + 1} vote" in visitor.http.get("/leaderboard").text


@pytest.mark.parametrize(
    "path",
    [
        *("/leaderboard/nosuchid", "/leaderboard/a/b", "/contenders/nobody-here", "/contenders/hidden"),
        *("/battles/0", "/battles/x", "/battles?a=nobody-here", "/contenders/"),
    ],
)
def test_a_page_that_is_not_there_is_a_page(board: httpx.Client, path: str):
    answer = board.get(path)
    assert answer.status_code == 404
    assert "To the leaderboard" in answer.text
