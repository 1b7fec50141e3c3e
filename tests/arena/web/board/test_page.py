"""The leaderboard and the pages around it: for people, and as data."""

import csv
import io
import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from arena.board.rows import COLUMNS, RANGES
from arena.db.session import Database, sqlite_url
from arena.settings import Settings
from arena.web.board.plots import PLOTS, apart
from arena.web.board.schema import SCHEMA
from arena.web.texts import catalogue, say
from leaderboard import Status
from tests.arena.web.board_arena import NUM_VOTES, fill
from tests.arena.web.served_arena import ServedArena, Visitor
from tests.browser.conftest import PHONE
from tests.live.chromium import chromium


@pytest.fixture(scope="module")
def board_arena(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServedArena, str]]:
    path = tmp_path_factory.mktemp("board") / "arena.db"
    shutil.copy(migrated_sqlite, path)
    database = Database(sqlite_url(path))
    snapshot = fill(database)
    arena = ServedArena(database, Settings(publish_conversations=True, title="R&D"))
    arena.start()
    yield arena, snapshot
    arena.stop()
    database.close()


@pytest.fixture(scope="module")
def board(board_arena: tuple[ServedArena, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=board_arena[0].url, timeout=30) as client:
        yield client


def rows_in(page: str) -> list[str]:
    """The labels in the table, from the top."""
    return [line.split('">')[-1].split("</a>")[0] for line in page.splitlines() if '<th scope="row">' in line]


def test_the_table_names_contenders_and_says_what_ratings_rest_on(board: httpx.Client):
    page = board.get("/leaderboard").text
    assert f"{NUM_VOTES} votes, computed on" in page
    assert "LLaMA &amp; &lt;i&gt;7B&lt;/i&gt;" in page
    assert "Without votes, and so without rating: Nobody yet." in page
    assert "A private variant" not in page
    assert "R&amp;D" in page


def test_filters_choose_votes_and_say_when_they_leave_too_little(board: httpx.Client):
    page = board.get("/leaderboard", params={"category": "maths", "mode": "one turn"}).text
    assert "12 votes in this selection" in page
    assert "Only 12 of the votes are in this selection: too few" in page
    assert '<option value="maths" selected>' in page
    nothing = board.get("/leaderboard", params={"language": "Korean"}).text
    assert "None of the votes is in this selection" in nothing
    assert "No votes yet" not in nothing


def test_filters_of_contenders_hide_rows_and_change_no_figure(board: httpx.Client):
    whole = {row["contender"]: row for row in board.get("/api/leaderboard").json()["ratings"]}
    llamas = board.get("/api/leaderboard?family=LLaMA").json()
    assert {row["contender"] for row in llamas["ratings"]} == {"alpaca-7b", "llama-7b"}
    assert all(row == whole[row["contender"]] for row in llamas["ratings"])
    assert llamas["selection"] == {"family": "LLaMA"}
    assert "those among all of them" in board.get("/leaderboard?family=LLaMA").text
    assert "No contender is like this" in board.get("/leaderboard?family=Camel").text
    assert rows_in(board.get("/leaderboard?size=3B to 15B").text) == rows_in(
        board.get("/leaderboard?family=LLaMA").text
    )


def test_sorting_keeps_the_ranks_and_says_so(board: httpx.Client):
    by_name = board.get("/leaderboard?sort=contender").text
    assert rows_in(by_name) == ["=GPT", "Alpaca-7B", "LLaMA &amp; &lt;i&gt;7B&lt;/i&gt;", "Nobody yet"]
    assert "Ranks are still those by rating" in by_name
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


@pytest.mark.parametrize(
    "query",
    ["category=cooking", "sort=beauty", "columns=rating,charm", "period=5", "mode=%00", "size=" + "9" * 500],
)
def test_an_address_that_asks_for_what_there_is_not_is_answered_with_a_page(board: httpx.Client, query: str):
    answer = board.get(f"/leaderboard?{query}")
    assert answer.status_code == 400
    assert "There is no such board" in answer.text
    assert "`" not in answer.text.partition("<main")[2], "backticks are for a terminal"
    assert 'href="/leaderboard"' in answer.text
    assert board.get(f"/api/leaderboard?{query}").json()["faults"]


def test_words_that_nobody_knows_are_not_looked_at(board: httpx.Client):
    assert board.get("/leaderboard?utm_source=mail&category=").status_code == 200


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


# As data


def test_the_json_keeps_to_its_schema(board: httpx.Client):
    whole = board.get("/api/leaderboard").json()
    assert board.get("/api/leaderboard/schema").json() == SCHEMA
    assert set(whole) == set(SCHEMA["properties"])
    fields = SCHEMA["properties"]["ratings"]["items"]["properties"]
    kinds = {"string": str, "number": int | float, "integer": int, "null": type(None), "array": list}
    for row in whole["ratings"]:
        assert set(row) == set(fields)
        for name, value in row.items():
            allowed = fields[name]["type"]
            assert any(isinstance(value, kinds[kind]) for kind in ([allowed] if isinstance(allowed, str) else allowed))


def test_who_has_the_newest_board_is_told_so(board: httpx.Client):
    for path in ("/api/leaderboard", "/leaderboard", "/api/leaderboard.csv"):
        first = board.get(path)
        again = board.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert board.get(path, headers={"if-none-match": '"old"'}).status_code == 200


def test_the_table_comes_as_csv_jsonl_and_parquet(board: httpx.Client):
    lines = [json.loads(line) for line in board.get("/api/leaderboard.jsonl").text.splitlines()]
    table = pq.read_table(io.BytesIO(board.get("/api/leaderboard.parquet").content)).to_pylist()
    assert [row["slug"] for row in lines] == [row["slug"] for row in table]
    assert {"lower", "rank_lower", "wh_per_1k_low", *(column.key for column in COLUMNS)} - {*RANGES} <= set(table[0])
    cells = {row["slug"]: row for row in csv.DictReader(io.StringIO(board.get("/api/leaderboard.csv").text))}
    assert cells["gpt"]["contender"] == "'=GPT"  # a spreadsheet would run it
    assert lines[0]["contender"] != cells["gpt"]["contender"]
    assert float(cells["gpt"]["rating"]) == next(row["rating"] for row in lines if row["slug"] == "gpt")


@pytest.mark.parametrize("name", PLOTS)
def test_every_plot_has_something_to_show_or_says_why_not(board: httpx.Client, name: str):
    figure = board.get(f"/api/plots/{name}").json()
    assert figure["about"]
    assert bool(figure["data"]) == (name not in {"time", "cost", "speed"})  # one day, no prices, no durations
    assert "<i>" not in json.dumps(figure)


def test_a_click_on_a_cell_leads_to_its_battles(board: httpx.Client):
    (heat,) = board.get("/api/plots/battles").json()["data"]
    for row, addresses in enumerate(heat["customdata"]):
        for column, address in enumerate(addresses):
            if row != column:
                assert board.get(address).text.count('href="/battles/') == heat["z"][row][column] + (
                    2 if {heat["x"][row], heat["x"][column]} == {"alpaca-7b", "llama-7b"} else 0
                )  # excluded battles are listed, as such


def test_labels_are_moved_apart_and_no_further():
    assert apart([1.0, 5.0, 9.0], 2.0) == [1.0, 5.0, 9.0]
    assert apart([4.0, 5.0, 9.0], 2.0) == [3.5, 5.5, 9.0]
    crowded = apart([1.0, 1.0, 1.0, 2.0, 50.0], 2.0)
    assert all(b - a >= 2 for a, b in itertools.pairwise(crowded))
    assert crowded[-1] == 50.0


# Behind the figures


def test_a_contender_has_a_page_with_its_record(board: httpx.Client):
    page = board.get("/contenders/alpaca-7b").text
    for shown in ("CC BY-NC 4.0", "Head to head", "=GPT", "7 billion parameters", "/battles?a=alpaca-7b&amp;b=gpt"):
        assert shown in page
    assert '<a href="/contenders/llama-7b">LLaMA &amp; &lt;i&gt;7B&lt;/i&gt;</a>' in page
    assert "Base of" in board.get("/contenders/llama-7b").text
    assert "No vote yet." in board.get("/contenders/nobody").text


def test_a_battle_shows_its_texts_as_texts(board: httpx.Client):
    page = board.get("/battles/1").text
    assert "Solve 1 + 1" in page
    assert "alpaca-7b answers Solve 1 + 1" in page
    assert "Alpaca-7B is better" in page
    assert page.count('data-state="picked"') == 1  # the side that was found better


def test_two_contenders_are_compared_in_words(board: httpx.Client):
    page = board.get("/compare?a=alpaca-7b&b=gpt").text
    for shown in (
        "Alpaca-7B is rated",
        "In their own 12 battles",
        "By category",
        "With their relatives",
        "/battles?a=",
    ):
        assert shown in page
    whole = board.get("/api/compare?a=alpaca-7b&b=gpt").json()
    assert whole["contrast"]["direct"]["votes"] == 12
    assert {one["second"] for one in whole["family"]} == {"gpt", "llama-7b"}
    assert "/compare?a=alpaca-7b&amp;b=gpt" in board.get("/contenders/alpaca-7b").text
    assert "/compare?" in board.get("/api/plots/wins").text


def test_a_comparison_that_cannot_be_says_why(board: httpx.Client):
    assert "Choose two contenders" in board.get("/compare").text
    assert "Choose two different" in board.get("/compare?a=gpt&b=gpt").text
    assert "cannot be compared yet" in board.get("/compare?a=gpt&b=nobody").text
    for path in ("/compare?a=gpt&b=hidden", "/api/compare?a=gpt&b=hidden"):
        assert board.get(path).status_code == 404
    assert board.get("/api/compare?a=gpt").status_code == 400


def test_the_board_in_depth_explains_every_column(board: httpx.Client):
    page = board.get("/leaderboard/depth").text
    assert page.count("<dt>Rao–Kupper</dt>") == 1
    assert "1 voter on 3 different first prompts" in page
    rows = board.get("/api/leaderboard/depth").json()["rows"]
    assert {row["contender"] for row in rows} == {"alpaca-7b", "llama-7b", "gpt"}


@pytest.mark.parametrize("query", ["outcome=won", "a=gpt&outcome=nice", "before=x", "category=cooking&before=-1"])
def test_a_list_of_battles_that_cannot_be_is_a_page(board: httpx.Client, query: str):
    assert board.get(f"/battles?{query}").status_code == 400


def test_the_transparency_page_counts_what_was_left_out(board: httpx.Client):
    page = board.get("/leaderboard/transparency").text
    for shown in ("2 votes", "a test", "1 contender was registered and never let into battles", "An owner"):
        assert shown in page


# For ever


def test_a_snapshot_has_an_address_for_ever(board: httpx.Client, board_arena: tuple[ServedArena, str]):
    id_ = board_arena[1]
    page = board.get(f"/leaderboard/{id_}")
    assert page.status_code == 200
    assert f"@misc{{arena-{id_}," in page.text
    assert "R\\&amp;D" in page.text
    assert id_ in board.get("/leaderboard/snapshots").text
    assert board.get("/api/snapshots").json()[0]["id"] == id_
    whole = board.get(f"/api/snapshots/{id_}").json()
    assert whole["standings"]["votes"] == whole["num_votes"] == NUM_VOTES
    assert board.get("/api/snapshots/nosuchid").status_code == 404
    assert whole["method"] in board.get("/leaderboard/method").text


# With a vote, and without a database


def test_the_page_and_the_json_show_a_new_vote(visitor: Visitor):
    before = visitor.http.get("/api/leaderboard").json()["votes"]
    visitor.ask("hello")
    visitor.vote("a")
    whole = visitor.http.get("/api/leaderboard").json()
    assert whole["votes"] == before + 1
    assert f"{before + 1} vote" in visitor.http.get("/leaderboard").text


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


def test_voters_are_told_where_conversations_are_published(board: httpx.Client, http: httpx.Client):
    for path, words in (("/about", say("about.published.heading")), ("/", say("battle.prompt_hint_published"))):
        assert words in board.get(path).text
        assert words not in http.get(path).text


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
