"""Automatic benchmarks beside the ratings, as a page and as JSON."""

import httpx
from bs4 import BeautifulSoup

from arena.web.texts import say
from tests.arena.exchange.test_benchmark_files import SOURCE


def test_every_figure_leads_to_its_source_and_a_partial_one_is_marked(board: httpx.Client):
    page = BeautifulSoup(board.get("/leaderboard/benchmarks").text, "html.parser")
    figures = board.get("/api/benchmarks").json()
    links = page.select("td.figure a")
    assert [str(link["href"]) for link in links] == [SOURCE] * len(figures)
    assert {f"{figure['value']:.4g}" for figure in figures} == {link.text for link in links}
    marked = page.select("td.figure .pill")
    assert len(marked) == sum(figure["partial"] for figure in figures) > 0


def test_a_benchmark_in_which_lower_is_better_says_so(board: httpx.Client):
    page = board.get("/leaderboard/benchmarks").text
    lower = [figure for figure in board.get("/api/benchmarks").json() if not figure["higher_is_better"]]
    assert page.count(say("benchmarks.lower_is_better", how="")) == len(lower) > 0
