import math

import numpy as np
import pytest
from hypothesis import given

from leaderboard import Tallies, Verdict, bradley_terry
from leaderboard.bradley_terry import Prior, fit, fit_with_prior, logistic, win_probabilities
from tests.leaderboard.strategies import Row, connected_rows


def test_two_contenders_by_hand():
    """2 wins, 1 loss and 1 tie score 2.5 : 1.5, so the odds are 5 : 3."""
    tallies = Tallies.from_counts([("x", "y", Verdict.A, 2), ("x", "y", Verdict.B, 1), ("x", "y", Verdict.TIE, 1)])
    strengths = fit(tallies.record).strengths
    assert strengths[0] - strengths[1] == pytest.approx(math.log(5 / 3), abs=1e-12)
    assert strengths.sum() == pytest.approx(0, abs=1e-12)


def test_wikipedia_s_worked_example(wikipedia: Tallies):
    strengths = np.exp(fit(wikipedia.record).strengths)
    assert strengths == pytest.approx([0.640, 1.043, 0.660, 2.270], abs=5e-4)


@given(connected_rows())
def test_at_the_maximum_everyone_scores_what_is_expected(drawn: list[Row]):
    record = Tallies.from_counts(drawn).record
    expected = (record.battles * win_probabilities(fit(record).strengths)).sum(axis=1)
    assert expected == pytest.approx(record.scores.sum(axis=1), rel=1e-9)


@pytest.mark.parametrize("odds", [10, 1_000, 1_000_000, 1_000_000_000])
def test_lopsided_records_reach_their_exact_odds(odds: int):
    tallies = Tallies.from_counts([("x", "y", Verdict.A, odds), ("y", "x", Verdict.A, 1)])
    strengths = fit(tallies.record).strengths
    assert strengths[0] - strengths[1] == pytest.approx(math.log(odds), abs=1e-9)


def test_a_long_chain_of_rare_upsets_is_fitted_exactly():
    rows = [(f"{i:02d}", f"{i + 1:02d}", verdict, n) for i in range(40) for verdict, n in (("a", 999), ("b", 1))]
    strengths = fit(Tallies.from_counts(rows).record).strengths
    assert np.diff(strengths) == pytest.approx([-math.log(999)] * 40, abs=1e-9)


@pytest.mark.parametrize("start", [0.0, 1.0, 30.0, 1000.0])
def test_where_the_fit_starts_changes_nothing(tallies: Tallies, rng: np.random.Generator, start: float):
    begin = start * rng.standard_normal(len(tallies.contenders)) + start
    assert fit(tallies.record, start=begin).strengths == pytest.approx(fit(tallies.record).strengths, abs=1e-11)


def test_a_warm_start_takes_fewer_steps(tallies: Tallies):
    cold = fit(tallies.record)
    assert fit(tallies.record, start=cold.strengths).steps < cold.steps


def test_votes_without_a_maximum_are_refused_and_not_iterated_away():
    with pytest.raises(ArithmeticError):
        fit(Tallies.from_counts([("x", "y", Verdict.A, 10)]).record)


def test_a_prior_makes_any_votes_fittable():
    prior = Prior(np.zeros(3), np.full(3, 0.25))
    record = Tallies.from_counts([("x", "y", Verdict.A, 10)]).among(["x", "y", "z"]).record
    result = fit_with_prior(record, prior)
    # At the top the pull of the prior equals the surprise of the wins.
    assert result.strengths[0] / 4 == pytest.approx(10 * (1 - win_probabilities(result.strengths)[0, 1]))
    assert result.strengths[0] == pytest.approx(-result.strengths[1])
    assert result.strengths[2] == 0
    assert result.information[2, 2] == 0.25


def test_chances_stay_finite_at_any_gap():
    assert logistic(np.array([-1e4, 0.0, 1e4])).tolist() == [0.0, 0.5, 1.0]
    assert bradley_terry.win_probabilities(np.array([0.0, math.log(3)])) == pytest.approx(
        np.array([[0.5, 0.25], [0.75, 0.5]])
    )
