"""Standings: what a contender's row says, and what programs read of it."""

import json

import pytest

from leaderboard import Tallies, Verdict, rank


def test_standings_count_what_happened_on_either_side():
    rows = [
        ("x", "y", Verdict.A, 5),
        ("y", "x", Verdict.A, 2),
        ("y", "x", Verdict.B, 1),
        ("x", "y", Verdict.TIE, 4),
        ("y", "x", Verdict.BOTH_BAD, 3),
    ]
    x = rank(Tallies.from_counts(rows)).standings[0]
    assert (x.contender, x.votes, x.wins, x.losses, x.ties, x.both_bad) == ("x", 15, 6, 2, 4, 3)
    assert x.win_rate == pytest.approx(9.5 / 15)
    assert x.win_probability == pytest.approx(9.5 / 15)


def test_json_keeps_its_stable_fields_first_and_is_strict_json(tallies: Tallies):
    document = rank(tallies, contenders=["new"]).to_dict()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert list(document["ratings"][0])[:6] == ["contender", "rating", "lower", "upper", "rank", "votes"]
    assert document["unrated"] == ["new"]
    assert document["votes"] == 3000


def test_both_kinds_of_tie_are_half_a_win_and_only_one_is_bad():
    rows = [("x", "y", verdict, 2) for verdict in (Verdict.A, Verdict.B, Verdict.TIE, Verdict.BOTH_BAD)]
    for standing in rank(Tallies.from_counts(rows)).standings:
        assert (standing.win_rate, standing.both_bad_rate) == (0.5, 0.25)


def test_the_rank_to_show_is_the_best_that_the_votes_allow():
    rows = [("x", "y", verdict, 10) for verdict in (Verdict.A, Verdict.B)]
    first, second = rank(Tallies.from_counts(rows)).standings
    assert (first.rank, second.rank) == (1, 1)
    assert (first.rank_lower, second.rank_lower) == (2, 2)
    assert first.to_dict()["rank"] == 1
