import numpy as np
import pandas as pd
import pytest

from leaderboard import Tallies, rank
from leaderboard.ballots import Labelled
from leaderboard.contrasts import contrasts
from leaderboard.errors import NotEstimable
from leaderboard.explanations import of_contrast
from leaderboard.notes import NoteKind
from leaderboard.robustness import votes_to_overturn
from leaderboard.style import control_style
from leaderboard.verdict import Verdict
from leaderboard.views import Ties, at_equal_style, clustered, ticker, with_ties
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
    robust = clustered(votes, alike.to_frame())
    errors = {standing.contender: standing.error for standing in rank(tallies).standings}
    assert all((row.error or 0) > errors[row.contender] for row in robust.rows)
    assert (robust.about.kind, robust.clusters) == (NoteKind.CLUSTERED, {"voter": alike.nunique()})
    assert (robust.ratio or 0) > 1


@pytest.mark.parametrize("model", ["davidson", "rao-kupper"])
def test_models_of_ties_allow_for_dependent_votes(votes: Votes, tallies: Tallies, model: Ties):
    alike = pd.DataFrame({"voter": votes.left * 8 + votes.verdict})
    plain, robust = with_ties(tallies, model), with_ties(tallies, model, labelled=Labelled(votes, alike))
    assert [row.rating for row in robust.rows] == [row.rating for row in plain.rows]
    assert all((b.error or 0) > (a.error or 0) for a, b in zip(plain.rows, robust.rows, strict=True))
    alone = with_ties(tallies, model, labelled=Labelled(votes, pd.DataFrame({"vote": range(len(votes))})))
    assert alone.ratio == pytest.approx(1, abs=0.01)


def test_equal_style_allows_for_dependent_votes(votes: Votes, rng: np.random.Generator):
    voter = rng.integers(0, 12, len(votes))
    taste = {"length": rng.normal(0, 1, len(votes)) + np.where(voter % 2, 1.0, -1.0)}
    features = {"length": taste["length"]}
    plain = at_equal_style(control_style(votes, features))
    robust = at_equal_style(control_style(votes, features, labels=pd.DataFrame({"voter": voter})))
    assert robust.clusters == {"voter": 12}
    assert (robust.ratio or 0) >= 1
    assert [row.rating for row in robust.rows] == [row.rating for row in plain.rows]
    assert robust.effects["length"].margin() >= plain.effects["length"].margin()


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
