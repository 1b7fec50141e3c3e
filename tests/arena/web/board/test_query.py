"""What a board's address may ask for."""

import httpx
import pytest


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
