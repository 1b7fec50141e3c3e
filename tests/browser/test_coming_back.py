"""Whatever happens to the page or to the server, the same battle comes back and can be voted on."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from arena.db.tables import Reply, Vote
from arena.web.texts import say
from leaderboard import Verdict
from tests.browser.conftest import Visit
from tests.endpoints.exchange import Exchange
from tests.endpoints.modes import mode
from tests.endpoints.openai_server import FakeEndpoint
from tests.live.arena_process import ArenaProcess
from tests.live.waiting import wait_until

GOING_ON = threading.Event()
CONTENDER = """
[[contender]]
slug = "{name}"
label = "{name} of the endpoint"
backend = "openai"
url = "{url}"
model = "in-two-parts:name={name}"
"""
SERVER_IS_AWAY = (*("ERR_CONNECTION", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE"),)


@mode("in-two-parts")
async def in_two_parts(x: Exchange) -> None:
    """Says the first part, and the second once the test lets it go on."""
    await x.begin()
    await x.token(f"{x.options['name']} begins ")
    await asyncio.to_thread(GOING_ON.wait)
    await x.token("and ends.")
    await x.finish()


@pytest.fixture
def slow_arena(tmp_path: Path, database_url: str, fake_endpoint: FakeEndpoint) -> Iterator[ArenaProcess]:
    """An arena on either database, whose contenders stop in the middle until `GOING_ON` is set."""
    home = tmp_path / "home"
    home.mkdir()
    contenders = "".join(CONTENDER.format(name=name, url=fake_endpoint.url) for name in ("otter", "puffin"))
    GOING_ON.set()  # the check at the start wants a whole answer
    with ArenaProcess(home, contenders=contenders, database_url=database_url) as arena:
        yield arena


def test_reload_back_and_a_second_tab_show_the_same_battle(arena: ArenaProcess, visit: Visit):
    visitor = visit(arena)
    visitor.ask("Please tell me a story")
    expect(visitor.reply_with("Camel begins")).to_be_visible()
    first, battle = visitor.page, visitor.page.url

    second = visitor.open_tab(battle).page
    expect(visitor.reply_with("Camel begins")).to_be_visible()
    expect(visitor.status).to_have_text(say("status.writing"))
    visitor.page = first
    first.reload()
    expect(visitor.reply_with("Quokka begins")).to_be_visible()
    expect(visitor.status).to_have_text(say("status.writing"))
    visitor.button("Stop").click()
    expect(visitor.side("A")).to_contain_text(say("stage.stopped"))

    visitor.page = second
    expect(visitor.side("B")).to_contain_text(say("stage.stopped"))
    visitor.button("Answer again").click()
    expect(visitor.reply_with("Camel tells a short one.")).to_be_visible()
    expect(visitor.button("Tie")).to_be_visible()

    visitor.page.get_by_role("link", name="Leaderboard").click()
    expect(visitor.page.get_by_role("heading", name="Leaderboard")).to_be_visible()
    visitor.page.go_back()
    expect(visitor.reply_with("Quokka tells a short one.")).to_be_visible()
    visitor.button("B is better").click()
    expect(visitor.reveal).to_be_visible()

    visitor.page = first
    first.reload()
    expect(visitor.reveal).to_have_text("You said: B is better")
    assert visitor.page.url == battle


def test_an_open_battle_is_offered_to_who_comes_back_by_the_front_door(arena: ArenaProcess, visit: Visit):
    visitor = visit(arena)
    visitor.ask("Where was I?")
    expect(visitor.button("Tie")).to_be_visible()
    visitor.open("/")
    visitor.page.get_by_role("link", name=say("battle.resume_link")).click()
    expect(visitor.side("A")).to_contain_text("heard: Where was I?")
    expect(visitor.button("Tie")).to_be_visible()


def test_nobody_else_can_see_or_vote_a_battle(arena: ArenaProcess, visit: Visit):
    visitor = visit(arena)
    visitor.ask("My secret")
    expect(visitor.button("Tie")).to_be_visible()
    stranger = visit(arena).open(visitor.page.url.removeprefix(arena.address))
    expect(stranger.page.get_by_role("alert").filter(has_text="This battle is not known here.")).to_be_visible()
    expect(stranger.page.get_by_text("My secret")).to_have_count(0)


@pytest.mark.parametrize("database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True)
def test_a_killed_server_costs_no_battle(slow_arena: ArenaProcess, visit: Visit):
    done = visit(slow_arena)
    done.ask("Are you there?")
    expect(done.button("A is better")).to_be_visible()

    GOING_ON.clear()
    visitor = visit(slow_arena, expected=SERVER_IS_AWAY)
    visitor.ask("Say it in two parts")
    expect(visitor.reply_with("otter begins")).to_be_visible()
    expect(visitor.reply_with("puffin begins")).to_be_visible()
    wait_until(lambda: stored_texts(slow_arena, "begins") == 2)

    slow_arena.kill()
    expect(visitor.page.get_by_role("alert").filter(has_text="The connection is lost.")).to_be_visible()
    visitor.photograph("server-is-away")
    slow_arena.start()
    expect(visitor.reply_with("otter begins")).to_contain_text(say("stage.interrupted"))
    expect(visitor.reply_with("puffin begins")).to_contain_text(say("stage.interrupted"))
    expect(visitor.button("Tie")).to_be_hidden()
    visitor.photograph("after-the-restart")

    GOING_ON.set()
    visitor.button("Answer again").click()
    expect(visitor.reply_with("puffin begins and ends.")).to_be_visible()
    visitor.button("Tie").click()
    expect(visitor.reveal).to_have_text("You said: Tie")

    done.button("A is better").click()  # this page has not even noticed
    expect(done.reveal).to_have_text("You said: A is better")
    with slow_arena.reading() as session:
        assert sorted(session.scalars(select(Vote.verdict))) == [Verdict.A, Verdict.TIE]


def stored_texts(arena: ArenaProcess, words: str) -> int:
    with arena.reading() as session:
        texts_so_far = session.scalars(select(Reply.text).where(Reply.finish_reason == ""))
        return sum(words in text for text in texts_so_far)
