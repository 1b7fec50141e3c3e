"""The plots of a board, as figures for Plotly."""

import itertools
import json
import re

import httpx
import pytest

from arena.board.observations import Activity
from arena.web.board.plots import PLOTS, apart, figure
from leaderboard import Tallies, Verdict
from tests.arena.web.board.boards_in_memory import board_of, ring


@pytest.mark.parametrize("name", PLOTS)
def test_every_plot_has_something_to_show_or_says_why_not(board: httpx.Client, name: str):
    shown = board.get(f"/api/plots/{name}").json()
    assert shown["about"]
    assert bool(shown["data"]) == (name not in {"time", "cost", "speed"})  # one day, no prices, no durations
    assert "<i>" not in json.dumps(shown)


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


def test_the_line_of_costs_joins_those_that_no_other_beats_for_less():
    costs = {"best": 50.0, "good": 0.1, "dear": 80.0, "poor": 0.2}
    activity = {slug: Activity(usd_per_1k=usd) for slug, usd in costs.items()}
    line, points = figure("cost", board_of(ring(*costs), activity=activity))["data"]
    assert points["hovertext"] == ["best", "good", "dear", "poor"]
    assert sorted(line["x"]) == [0.1, 50.0]
    assert set(line["y"]) == set(points["y"][:2])


@pytest.mark.parametrize(("most", "kind"), [(9.0, "linear"), (900.0, "log")])
def test_costs_that_span_powers_of_ten_have_an_axis_of_powers(most: float, kind: str):
    activity = {"one": Activity(usd_per_1k=1.0), "two": Activity(usd_per_1k=most)}
    axis = figure("cost", board_of(ring("one", "two"), activity=activity))["layout"]["xaxis"]
    assert axis["type"] == kind
    assert all(
        float(text) == tick for tick, text in zip(axis.get("tickvals", []), axis.get("ticktext", []), strict=True)
    )


def test_a_plot_shows_one_board_since_ratings_of_two_cannot_be_compared():
    apart_boards = Tallies.from_counts(
        [("one", "two", Verdict.TIE, 3), ("two", "three", Verdict.TIE, 3), ("far", "away", Verdict.TIE, 2)]
    )
    (points,) = figure("ratings", board_of(apart_boards))["data"]
    assert set(points["y"]) == {"one", "two", "three"}


def test_a_long_name_keeps_its_end_and_a_name_is_no_markup():
    labels = {"one": "An assistant with a very long name, version 12", "two": "<i>Two</i>"}
    names = figure("ratings", board_of(ring("one", "two"), labels=labels))["layout"]["yaxis"]["ticktext"]
    shown = sorted(re.sub(r"^<a href=\"/contenders/\w+\">|</a>$", "", name) for name in names)
    assert shown == ["&lt;i&gt;Two&lt;/i&gt;", "An assistant with a …ersion 12"]


def test_the_diagonal_of_who_beats_whom_is_empty_and_both_sides_add_up():
    (heat,) = figure("wins", board_of(ring("one", "two", "three")))["data"]
    for i, j in itertools.product(range(3), repeat=2):
        assert (heat["z"][i][j] is None) == (heat["customdata"][i][j] is None) == (i == j)
        assert i == j or heat["z"][i][j] + heat["z"][j][i] == pytest.approx(1.0)
