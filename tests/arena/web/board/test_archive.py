"""The lists of past battles, and the page of one."""

import httpx
import pytest


def test_a_battle_shows_its_texts_as_texts(board: httpx.Client):
    page = board.get("/battles/1").text
    assert "Solve 1 + 1" in page
    assert "alpaca-7b answers Solve 1 + 1" in page
    assert "Alpaca-7B is better" in page
    assert page.count('data-state="picked"') == 1  # the side that was found better


@pytest.mark.parametrize("query", ["outcome=won", "a=gpt&outcome=nice", "before=x", "category=cooking&before=-1"])
def test_a_list_of_battles_that_cannot_be_is_a_page(board: httpx.Client, query: str):
    assert board.get(f"/battles?{query}").status_code == 400
