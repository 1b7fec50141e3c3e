import math
from collections.abc import Callable

import numpy as np
import pytest

from leaderboard import Tallies, Verdict, bradley_terry
from leaderboard.errors import NotEstimable
from leaderboard.scale import ELO_PER_NAT
from leaderboard.ties import TieFit, davidson, rao_kupper

# One loss and one tie for two wins: 2 : 1 : 1.
SATURATED = Tallies.from_counts([("x", "y", Verdict.A, 2), ("x", "y", Verdict.B, 1), ("y", "x", Verdict.BOTH_BAD, 1)])


@pytest.mark.parametrize("model", [davidson, rao_kupper])
def test_two_contenders_are_fitted_without_a_rest(model: Callable[[Tallies], TieFit]):
    expected = 2 * math.log(2 / 4) + 2 * math.log(1 / 4)
    assert model(SATURATED).log_likelihood == pytest.approx(expected, abs=1e-9)


def test_davidson_by_hand():
    """Wins 2 : 1 are the ratio of strengths; the tie is nu times their geometric mean."""
    fit = davidson(SATURATED)
    assert fit.estimate.difference("x", "y").value == pytest.approx(ELO_PER_NAT * math.log(2))
    assert math.exp(fit.parameter.value) == pytest.approx(1 / math.sqrt(2))


def test_davidson_s_errors_by_hand():
    """log(wins / losses) has the variance 1/2 + 1/1, and log nu = log ties - (log wins + log losses) / 2."""
    fit = davidson(SATURATED)
    assert fit.estimate.difference("x", "y").error == pytest.approx(ELO_PER_NAT * math.sqrt(1 / 2 + 1))
    assert fit.parameter.error == pytest.approx(math.sqrt(1 + 1 / 8 + 1 / 4))


def test_rao_and_kupper_by_hand():
    """The logits of winning and of losing are (gap - threshold) and (-gap - threshold)."""
    fit = rao_kupper(SATURATED)
    win, loss = math.log(2 / 2), math.log(1 / 3)
    assert fit.estimate.difference("x", "y").value == pytest.approx(ELO_PER_NAT * (win - loss) / 2)
    assert fit.parameter.value == pytest.approx(-(win + loss) / 2)


def test_davidson_keeps_the_order_of_half_wins(tallies: Tallies):
    half_wins = bradley_terry.fit(tallies.record).strengths
    assert np.argsort(davidson(tallies).estimate.ratings).tolist() == np.argsort(half_wins).tolist()


@pytest.mark.parametrize("model", [davidson, rao_kupper])
def test_no_small_change_of_the_votes_own_maximum_is_likelier(
    model: Callable[[Tallies], TieFit], tallies: Tallies, rng: np.random.Generator
):
    """Fitting twice the votes doubles the log-likelihood: it is a sum over votes at the same place."""
    twice = Tallies(tallies.contenders, 2 * tallies.counts)
    assert model(twice).log_likelihood == pytest.approx(2 * model(tallies).log_likelihood)
    assert model(twice).estimate.ratings == pytest.approx(model(tallies).estimate.ratings)


def test_votes_without_ties_have_no_tie_parameter(wikipedia: Tallies):
    with pytest.raises(NotEstimable, match="There are no ties"):
        davidson(wikipedia)


@pytest.mark.parametrize("model", [davidson, rao_kupper])
def test_decisions_that_never_contradict_leave_the_parameter_open(model: Callable[[Tallies], TieFit]):
    with pytest.raises(NotEstimable, match="never contradict"):
        model(Tallies.from_counts([("x", "y", Verdict.A, 5), ("x", "y", Verdict.TIE, 5)]))


def test_a_tie_across_a_chain_of_wins_settles_the_parameter():
    """x beat y beat z, and x tied z: no scale makes ties smaller than wins."""
    rows = [("x", "y", Verdict.A, 3), ("y", "z", Verdict.A, 3), ("x", "z", Verdict.TIE, 3), ("x", "y", Verdict.TIE, 1)]
    assert math.isfinite(davidson(Tallies.from_counts([*rows, ("y", "z", Verdict.TIE, 1)])).parameter.value)
