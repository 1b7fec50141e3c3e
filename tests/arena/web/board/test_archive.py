"""The lists of past battles, and the page of one."""

import httpx
import pytest
from starlette.datastructures import QueryParams

from arena.errors import BadConfiguration
from arena.exchange.past_battles import BattleSearch
from arena.web.board.archive import search_of


def test_a_battle_shows_its_texts_as_texts(board: httpx.Client):
    page = board.get("/battles/1").text
    assert "Solve 1 + 1" in page
    assert "alpaca-7b answers Solve 1 + 1" in page
    assert "Alpaca-7B is better" in page
    assert page.count('data-state="picked"') == 1  # the side that was found better


@pytest.mark.parametrize("query", ["outcome=won", "a=gpt&outcome=nice", "before=x", "category=cooking&before=-1"])
def test_a_list_of_battles_that_cannot_be_is_a_page(board: httpx.Client, query: str):
    assert board.get(f"/battles?{query}").status_code == 400


def test_a_search_names_every_fault_of_its_address():
    with pytest.raises(BadConfiguration) as refused:
        search_of(QueryParams("outcome=nice&category=cooking&before=-1"))
    assert len(refused.value.faults) == 4  # an outcome, too, needs a contender whose it is


def test_a_search_takes_what_an_address_says():
    assert search_of(QueryParams("a=x&b=y&outcome=won&category=code&before=17&more=1")) == BattleSearch(
        a="x", b="y", outcome="won", category="code", before=17
    )
