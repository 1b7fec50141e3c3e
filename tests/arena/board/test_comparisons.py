import json
from dataclasses import replace

import numpy as np
import pytest

from arena.board.comparisons import by_category, compared, head_to_heads, win_chances
from arena.board.observations import observe
from arena.board.standings import StandingsView
from arena.db.session import Database
from leaderboard.estimate import win_chance


def test_a_contender_has_a_record_with_each_one_that_it_met(view: StandingsView):
    met = {meeting.other.slug: meeting for meeting in head_to_heads(view, "alpaca-7b")}
    assert list(met) == ["gpt", "llama-7b"]  # the most frequent first: two of the others are excluded
    against = met["gpt"]
    assert (against.battles, against.won, against.lost, against.tied, against.both_bad) == (12, 3, 3, 3, 3)
    assert sum(meeting.won + meeting.lost + meeting.tied + meeting.both_bad for meeting in met.values()) == 24


def test_both_contenders_of_a_pair_have_the_same_record_from_either_side(view: StandingsView):
    (there,) = [one for one in head_to_heads(view, "llama-7b") if one.other.slug == "gpt"]
    (back,) = [one for one in head_to_heads(view, "gpt") if one.other.slug == "llama-7b"]
    assert (there.won, there.lost, there.tied) == (back.lost, back.won, back.tied)
    assert there.expected is not None
    assert there.expected + back.expected == pytest.approx(1.0)


def test_who_has_no_vote_has_no_record(view: StandingsView):
    assert head_to_heads(view, "nobody") == []


def test_two_contenders_are_compared_by_all_votes_and_by_their_own(view: StandingsView):
    found = compared(view, "alpaca-7b", "gpt")
    assert found.meeting is not None
    assert found.contrast is not None
    assert found.meeting.battles == found.contrast.direct.votes == 12
    ratings = {one.contender: one.rating for one in view.ranking.standings}
    assert found.contrast.difference.value == pytest.approx(ratings["alpaca-7b"] - ratings["gpt"], abs=0.01)


def test_relatives_are_compared_along_with_the_two(view: StandingsView):
    pairs = {(one.first, one.second) for one in compared(view, "alpaca-7b", "gpt").family}
    assert pairs == {("alpaca-7b", "gpt"), ("alpaca-7b", "llama-7b"), ("gpt", "llama-7b")}
    without_base = {slug: replace(facts, base="") for slug, facts in view.contenders.items()}
    assert compared(replace(view, contenders=without_base), "alpaca-7b", "gpt").family == ()


def test_who_cannot_be_compared_is_shown_without_a_difference(view: StandingsView):
    found = compared(view, "gpt", "nobody")
    assert (found.meeting, found.contrast, found.overturn) == (None, None, None)
    nothing = {"contrast": None, "votes_to_overturn": None, "family": [], "note_data": []}
    assert found.to_dict() == {"a": "gpt", "b": "nobody", **nothing}


def test_a_comparison_can_be_written_as_json(view: StandingsView):
    whole = json.loads(json.dumps(compared(view, "alpaca-7b", "gpt").to_dict(), allow_nan=False))
    assert whole["contrast"]["first"] == "alpaca-7b"
    assert {whole["votes_to_overturn"]["above"], whole["votes_to_overturn"]["below"]} == {"alpaca-7b", "gpt"}


def test_the_difference_within_a_category_rests_on_its_votes(view: StandingsView, filled: Database):
    seen = observe(filled)
    differences = by_category(compared(view, "alpaca-7b", "gpt"), seen)
    assert {one.category: one.votes for one in differences} == dict(seen.category_votes)
    assert by_category(compared(view, "gpt", "nobody"), seen) == []


def test_chances_to_win_follow_from_the_ratings():
    chances = win_chances([1100.0, 1000.0])
    assert chances[0, 1] == pytest.approx(win_chance(100.0))
    assert np.allclose(chances + chances.T, 1.0)
