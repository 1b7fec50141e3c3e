"""The replies while they are written, as server-sent events."""

import time
from collections.abc import Callable

import pytest

from arena.battles import battles
from arena.web.battle.stream import PATH
from tests.arena.web.odd_handles import ODD_HANDLES
from tests.arena.web.served_arena import Visitor


def test_only_the_voter_of_a_battle_hears_its_replies(visitor: Visitor, visit: Callable[..., Visitor]):
    visitor.ask("hello")
    assert visitor.http.get(PATH, params={"battle": visitor.handle}).status_code == 200
    stranger = visit().http
    refused = [stranger.get(PATH, params={"battle": visitor.handle}), stranger.get(PATH)]
    refused += [visitor.http.get(PATH, params={"battle": str(handle)}) for handle in ODD_HANDLES]
    visitor.http.cookies.clear()
    refused.append(visitor.http.get(PATH, params={"battle": visitor.handle}))
    assert {answer.status_code for answer in refused} == {404}


def test_a_departed_voter_is_noticed(visitor: Visitor):
    visitor.handle = visitor.event("ask", "hang on forever", "")["handle"]
    with visitor.http.stream("GET", PATH, params={"battle": visitor.handle}) as stream:
        next(line for line in stream.iter_lines() if line.startswith("data: "))
    deadline = time.monotonic() + 20
    while "running" in str(stage := visitor.event("restore", visitor.handle)["stage"]["phase"]):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert stage == "open"


def test_a_page_that_cannot_listen_now_is_left_to_come_again(visitor: Visitor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(battles, "MAX_WATCHERS", 0)
    visitor.handle = visitor.event("ask", "hang on forever", "")["handle"]
    assert visitor.follow()["phase"] == "running"
    assert not any(line.startswith("event: end") for line in visitor.received)
    visitor.event("stop_writing", visitor.handle)
    assert visitor.follow()["phase"] == "open"
    assert any(line.startswith("event: end") for line in visitor.received)
