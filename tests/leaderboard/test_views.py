import numpy as np
import pandas as pd
import pytest

from leaderboard import Tallies, rank
from leaderboard.contrasts import contrasts
from leaderboard.errors import NotEstimable
from leaderboard.explanations import of_contrast
from leaderboard.notes import NoteKind
from leaderboard.robustness import votes_to_overturn
from leaderboard.verdict import Verdict
from leaderboard.views import clustered, ticker, with_ties
from leaderboard.votes import Votes


def test_both_models_of_ties_give_the_order_of_the_board_on_scales_of_their_own(tallies: Tallies):
    board = [standing.contender for standing in rank(tallies).standings]
    views = [with_ties(tallies, model) for model in ("davidson", "rao-kupper")]
    assert [[row.contender for row in view.rows] for view in views] == [board, board]
    assert views[0].rows[0].rating != pytest.approx(views[1].rows[0].rating, abs=1)
    assert [view.about.kind for view in views] == [NoteKind.TIES_OF_DAVIDSON, NoteKind.TIES_OF_RAO_AND_KUPPER]
    assert all(view.about.figures["log_likelihood"] < 0 for view in views)


def test_votes_that_belong_together_widen_the_errors(votes: Votes, tallies: Tallies):
    alike = pd.Series(votes.left * 8 + votes.verdict, name="voter")  # one voter always says the same
    robust = clustered(votes, alike)
    errors = {standing.contender: standing.error for standing in rank(tallies).standings}
    assert all(row.error > errors[row.contender] for row in robust.rows)
    assert (robust.about.kind, robust.label) == (NoteKind.CLUSTERED, "voter")
    assert robust.about.figures["ratio"] > 1


def test_ranks_that_hold_at_once_are_wider(tallies: Tallies):
    apart, at_once = rank(tallies), rank(tallies, at_once=True)
    widths = [
        [standing.rank_lower - standing.rank_upper for standing in ranking.standings] for ranking in (apart, at_once)
    ]
    assert all(np.array(widths[1]) >= np.array(widths[0]))
    assert [row.rank_lower for row in with_ties(tallies, "davidson", at_once=True).rows]


def test_a_ticker_has_no_ranks(votes: Votes):
    view = ticker(votes)
    assert {row.rank_upper for row in view.rows} == {None}
    assert view.rows == ticker(votes).rows
    assert view.rows[0].rating > view.rows[-1].rating


def test_a_comparison_is_told_of_whoever_is_rated_higher(tallies: Tallies):
    better, worse = (rank(tallies).standings[place].contender for place in (2, 4))
    for pair in ((better, worse), (worse, better)):
        (contrast,) = contrasts(tallies, pair)
        told = {note.kind: note for note in of_contrast(contrast, votes_to_overturn(tallies, *pair))}
        for kind in (NoteKind.RATED_ABOVE, NoteKind.SEPARATED, NoteKind.OVERTURNED):
            assert told[kind].contenders == (better, worse)
        figures = told[NoteKind.RATED_ABOVE].figures
        assert 0 < figures["low"] < figures["difference"] < figures["high"]
        assert 0.5 < figures["chance_low"] < figures["chance"] < figures["chance_high"]


def test_a_comparison_of_equals_says_that_the_votes_do_not_tell():
    tallies = Tallies.from_counts([("a", "b", verdict, 3) for verdict in (Verdict.A, Verdict.B)])
    (contrast,) = contrasts(tallies, ("a", "b"))
    told = [note.kind for note in of_contrast(contrast, votes_to_overturn(tallies, "a", "b"))]
    assert told[:3] == [NoteKind.NOT_TOLD_APART, NoteKind.NOT_DECIDED, NoteKind.EQUAL_RATINGS]


def test_without_ties_there_is_no_view_of_them():
    with pytest.raises(NotEstimable):
        with_ties(Tallies.from_counts([("a", "b", verdict, 3) for verdict in (Verdict.A, Verdict.B)]), "davidson")
