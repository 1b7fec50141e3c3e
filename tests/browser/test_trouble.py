"""What voters see when a contender, the database or another person's page does not behave."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import expect
from sqlalchemy import make_url, select

from arena.db.tables import Vote
from arena.web.texts import say
from leaderboard import Verdict
from tests.browser.conftest import SCRIPTS, Visit
from tests.live.arena_process import ArenaProcess

LABELS = ("Quick Quokka", "Calm Camel")


def test_a_side_that_breaks_down_closes_the_vote_and_keeps_its_words(arena: ArenaProcess, visit: Visit):
    visitor = visit(arena)
    visitor.ask("Please break down")
    expect(visitor.reply_with("Camel got this far")).to_contain_text(say("stage.broke_off"))
    expect(visitor.reply_with("Quokka stays whole.")).not_to_contain_text(say("stage.broke_off"))
    expect(visitor.status).to_contain_text("failed, so this battle does not count.")
    for words in (say(f"verdicts.{verdict}") for verdict in Verdict):
        expect(visitor.button(words)).to_be_hidden()
    expect(visitor.button("Answer again")).to_be_hidden()
    for label in LABELS:
        expect(visitor.page.get_by_text(label)).to_have_count(0)
    visitor.photograph("a-side-breaks-down")

    visitor.page.reload()
    expect(visitor.reply_with("Camel got this far")).to_contain_text(say("stage.broke_off"))
    visitor.button("New battle").click()
    expect(visitor.prompt).to_have_value("Please break down")
    visitor.ask("Be well again")
    expect(visitor.side("B")).to_contain_text("heard: Be well again")
    expect(visitor.button("Tie")).to_be_visible()


@pytest.mark.parametrize("database_url", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True)
def test_a_vote_that_the_database_refuses_reveals_nothing_and_can_be_cast_later(
    tmp_path: Path, database_url: str, visit: Visit
):
    home = tmp_path / "home"
    home.mkdir()
    with ArenaProcess(home, contenders=SCRIPTS.read_text(), database_url=database_url) as arena:
        visitor = visit(arena)
        visitor.ask("Will this count?")
        expect(visitor.button("A is better")).to_be_visible()
        with refusing(database_url):
            visitor.button("A is better").click()
            notice = visitor.page.get_by_role("alert")
            expect(notice.filter(has_text=say("battle.saving"))).to_be_visible()
            # Waits for the answer, and is not meant for a vote that was not saved.
            visitor.button(say("battle.new")).click()
            expect(notice.filter(has_text=say("battle.not_saved"))).to_be_visible()
            for label in LABELS:
                expect(visitor.page.get_by_text(label)).to_have_count(0)
            visitor.photograph("the-vote-is-not-saved")
        visitor.button("A is better").click()
        expect(visitor.reveal).to_have_text("You said: A is better")
        with arena.reading() as session:
            assert session.scalars(select(Vote.verdict)).all() == [Verdict.A]


def test_a_vote_whose_answer_is_no_answer_can_be_cast_again(arena: ArenaProcess, visit: Visit):
    visitor = visit(arena, expected=("502 (Bad Gateway)",))
    visitor.ask("Who answers in between?")
    expect(visitor.button("Tie")).to_be_visible()
    visitor.page.route("**/run/predict*", lambda route: route.fulfill(status=502, body="a proxy's own page"))
    visitor.button("Tie").click()
    expect(visitor.page.get_by_role("alert").filter(has_text=say("battle.not_saved"))).to_be_visible()
    visitor.page.unroute_all()
    visitor.button("Tie").click()
    expect(visitor.reveal).to_have_text("You said: Tie")


@contextmanager
def refusing(database_url: str) -> Iterator[None]:
    """Have a database take nothing for a while, longer than the arena waits for it."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database), isolation_level=None)) as another_program:
            another_program.execute("BEGIN IMMEDIATE")
            yield
        return
    maintenance = url.set(database="postgres", drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false")
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [str(url.database)]
        )
        yield
        connection.execute(f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true")
