"""What a board's address may ask for."""

from datetime import date

import httpx
import pytest
from starlette.datastructures import QueryParams

from arena.db.tallies import EVERYTHING
from arena.errors import BadConfiguration
from arena.web.board.query import BoardQuery, choices
from tests.arena.web.board.boards_in_memory import facts


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


def parsed(address: str) -> BoardQuery:
    return BoardQuery.parse(QueryParams(address.partition("?")[2]))


@pytest.mark.parametrize(
    "address",
    [
        "/leaderboard",
        "/leaderboard?category=code&language=German&mode=one+turn&period=7&sort=-votes&plot=wins",
        "/leaderboard?family=LLaMA+%26+sons&size=up+to+3B&licence=MIT&columns=rank%2Ccontender%2Clength",
    ],
)
def test_an_address_is_read_and_written_without_loss(address: str):
    assert parsed(address).address() == address


def test_what_is_left_as_it_is_by_default_is_not_in_the_address():
    assert parsed("/leaderboard?sort=rank&category=&period=30&utm_source=mail").address() == "/leaderboard?period=30"
    assert parsed("/leaderboard?category=code").address(category="", sort="votes") == "/leaderboard?sort=votes"


def test_every_fault_of_an_address_is_told_at_once():
    with pytest.raises(BadConfiguration) as refused:
        parsed("/leaderboard?category=cooking&period=5&columns=rating,charm&sort=-beauty")
    assert len(refused.value.faults) == 4
    for word in ("cooking", "5", "charm", "beauty"):
        assert any(word in fault for fault in refused.value.faults)


def test_a_period_of_seven_days_begins_six_days_ago():
    assert parsed("/leaderboard?period=7").selection(date(2026, 11, 29)).since == date(2026, 11, 23)
    assert parsed("/leaderboard").selection(date(2026, 11, 29)) == EVERYTHING


def test_only_filters_of_contenders_hide_rows():
    small, large = facts("small", billions=2.0, family="Llama"), facts("large", billions=70.0)
    query = parsed("/leaderboard?size=up to 3B&family=Llama")
    assert query.narrows
    assert [query.shows(one) for one in (small, large)] == [True, False]
    assert not parsed("/leaderboard?category=code").narrows
    assert parsed("/leaderboard?category=code").shows(large)


def test_choices_are_sorted_as_people_read_them():
    assert choices([facts("x", family=name) for name in ("B", "a", "", "B")], lambda one: one.family) == ["a", "B"]
