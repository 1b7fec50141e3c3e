"""The leaderboard: for people and as JSON."""

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import text

from arena.battle_view import ContenderCard
from arena.contender_status import ContenderStatus
from arena.standings import StandingsView
from arena.web import texts
from arena.web.leaderboard_page import board_html
from leaderboard import Status, Tallies, Verdict, rank
from tests.web.served_arena import ServedArena, Visitor

CARDS = {"ada": ContenderCard("ada", "Ada <3", "Analytical & Co", "MIT", "from scratch")}


def standings(*rows: tuple[str, str, Verdict, int]) -> StandingsView:
    ranking = rank(Tallies.from_counts(rows), contenders=["ada", "bob"])
    statuses = {"ada": ContenderStatus.ACTIVE, "bob": ContenderStatus.RETIRED}
    return StandingsView(ranking, CARDS, statuses, datetime(2026, 3, 4, 5, 6, tzinfo=UTC))


def test_an_empty_board_says_why_and_where_to_begin():
    html = board_html(standings())
    assert "No votes yet" in html
    assert f'href="/">{texts.FIRST_VOTE}' in html
    assert "<table" not in html


def test_a_row_holds_rating_interval_votes_and_win_rate():
    view = standings(("ada", "bob", Verdict.A, 30), ("bob", "ada", Verdict.A, 20), ("ada", "bob", Verdict.TIE, 1000))
    html = board_html(view)
    best = view.ranking.standings[0]
    for shown in ("Ada &lt;3", "Analytical &amp; Co · MIT", f"<strong>{best.rating:.0f}</strong>", "1,050", "50%"):
        assert shown in html
    assert f"{best.lower:.0f} – {best.upper:.0f}" in html
    assert "4 March 2026, 05:06 UTC" in html


def test_a_contender_that_is_not_active_says_so():
    assert "retired" in board_html(standings(("ada", "bob", Verdict.A, 3), ("bob", "ada", Verdict.A, 3)))


def test_an_unbeaten_contender_is_explained():
    html = board_html(standings(("ada", "bob", Verdict.A, 5)))
    assert "Won all 5 battles" in html
    assert texts.STATUSES["unbeaten"] in html


def test_every_status_has_an_explanation():
    assert {status.value for status in Status} == set(texts.STATUSES)


def test_the_page_and_the_json_show_a_new_vote(visitor: Visitor, visit: Callable[..., Visitor]):
    before = visitor.http.get("/api/leaderboard").json()["votes"]
    visitor.ask("hello")
    visitor.vote("a")
    board = visitor.http.get("/api/leaderboard").json()
    assert board["votes"] == before + 1
    assert {"contender", "rating", "lower", "upper", "rank", "votes"} <= set(board["ratings"][0])
    page = visit("/leaderboard").event("refresh")
    assert f"{before + 1} vote" in page["board"]


@pytest.fixture
def broken_database(arena: ServedArena):
    with arena.database.writing() as session:
        session.execute(text("ALTER TABLE totals RENAME TO totals_away"))
    yield
    with arena.database.writing() as session:
        session.execute(text("ALTER TABLE totals_away RENAME TO totals"))


def test_without_a_database_the_old_board_stays_and_health_says_so(
    arena: ServedArena, visit: Callable[..., Visitor], broken_database: None
):
    assert visit("/leaderboard").event("refresh") == {None: texts.BOARD_IS_OLD}
    for path in ("/healthz", "/api/leaderboard"):
        answer = httpx.get(arena.url + path)
        assert (answer.status_code, answer.json()) == (503, {"error": texts.DATABASE_AWAY})


def test_the_arena_is_healthy(arena: ServedArena):
    assert httpx.get(arena.url + "/healthz").json() == {"status": "ready"}
