"""The leaderboard's page: its table, filters, columns and order."""

import shutil
from pathlib import Path

import httpx
import pytest

from arena.db.session import Database, sqlite_url
from arena.settings import Settings
from arena.web.texts import catalogue, say
from leaderboard import Status
from tests.arena.web.board_arena import NUM_VOTES
from tests.arena.web.served_arena import ServedArena
from tests.browser.conftest import PHONE
from tests.live.chromium import chromium


def rows_in(page: str) -> list[str]:
    """The labels in the table, from the top."""
    return [line.split('">')[-1].split("</a>")[0] for line in page.splitlines() if '<th scope="row">' in line]


def test_the_table_names_contenders_and_says_what_ratings_rest_on(board: httpx.Client):
    page = board.get("/leaderboard").text
    assert say("leaderboard.counted", count=NUM_VOTES, moment="").rstrip(" .") in page
    assert "LLaMA &amp; &lt;i&gt;7B&lt;/i&gt;" in page
    assert say("notes.without-votes", listed="Nobody yet") in page
    assert "A private variant" not in page
    assert "R&amp;D" in page


def test_filters_choose_votes_and_say_when_they_leave_too_little(board: httpx.Client):
    page = board.get("/leaderboard", params={"category": "maths", "mode": "one turn"}).text
    assert "12 votes in this selection" in page
    assert say("hints.few_votes", count=12) in page
    assert '<option value="maths" selected>' in page
    nothing = board.get("/leaderboard", params={"language": "Korean"}).text
    assert say("hints.no_votes") in nothing
    assert say("notes.no-votes") not in nothing


def test_filters_of_contenders_hide_rows_and_change_no_figure(board: httpx.Client):
    whole = {row["contender"]: row for row in board.get("/api/leaderboard").json()["ratings"]}
    llamas = board.get("/api/leaderboard?family=LLaMA").json()
    assert {row["contender"] for row in llamas["ratings"]} == {"alpaca-7b", "llama-7b"}
    assert all(row == whole[row["contender"]] for row in llamas["ratings"])
    assert llamas["selection"] == {"family": "LLaMA"}
    assert say("hints.hidden_rows") in board.get("/leaderboard?family=LLaMA").text
    assert say("hints.no_rows") in board.get("/leaderboard?family=Camel").text
    assert rows_in(board.get("/leaderboard?size=3B to 15B").text) == rows_in(
        board.get("/leaderboard?family=LLaMA").text
    )


def test_sorting_keeps_the_ranks_and_says_so(board: httpx.Client):
    by_name = board.get("/leaderboard?sort=contender").text
    assert rows_in(by_name) == ["=GPT", "Alpaca-7B", "LLaMA &amp; &lt;i&gt;7B&lt;/i&gt;", "Nobody yet"]
    assert say("hints.sorted", heading=say("columns.contender.heading")) in by_name
    assert rows_in(board.get("/leaderboard?sort=-contender").text)[:3] == rows_in(by_name)[2::-1]


def test_a_column_in_which_nobody_has_anything_is_shown_only_to_who_asks_for_it(board: httpx.Client):
    assert "$ / 1k answers</a></th>" not in board.get("/leaderboard").text
    assert "$ / 1k answers</a></th>" in board.get("/leaderboard?columns=usd_per_1k").text


def test_columns_can_be_chosen(board: httpx.Client):
    page = board.get("/leaderboard?columns=length,family").text
    assert 'scope="col"' in page
    heads = [line for line in page.splitlines() if line.startswith('<th scope="col"')]
    assert len(heads) == 4
    assert board.get("/leaderboard?columns=length&columns=family").text.count('<th scope="col"') == 4


def test_every_status_has_an_explanation():
    assert {status.value for status in Status} == set(catalogue().keys("status_meanings"))


def test_an_empty_board_says_why_and_where_to_begin(arena: ServedArena, tmp_path: Path, migrated_sqlite: Path):
    shutil.copy(migrated_sqlite, tmp_path / "empty.db")
    empty = ServedArena(Database(sqlite_url(tmp_path / "empty.db")), Settings())
    empty.start()
    page = httpx.get(f"{empty.url}/leaderboard").text
    for path in ("/leaderboard/transparency", "/leaderboard/snapshots", "/leaderboard/depth", "/compare", "/battles"):
        assert httpx.get(empty.url + path).status_code == 200
    empty.stop()
    empty.database.close()
    assert "No votes yet" in page
    assert "Cast the first vote" in page
    assert "<table" not in page


@pytest.mark.browser
def test_no_page_is_wider_than_a_phone(board_arena: tuple[ServedArena, str]):
    arena, snapshot = board_arena
    parts = ("", f"/{snapshot}", "/depth", "/benchmarks", "/transparency", "/snapshots", "/method")
    others = ("/battles", "/battles/1", "/contenders/alpaca-7b", "/compare?a=alpaca-7b&b=gpt")
    with chromium() as browser:
        page = browser.new_context(**PHONE).new_page()
        for path in (*(f"/leaderboard{part}" for part in parts), *others):
            page.goto(arena.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") == PHONE["viewport"]["width"], path
