"""The plots of a board, as figures for Plotly."""

import itertools
import json

import httpx
import pytest

from arena.web.board.plots import PLOTS, apart


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
