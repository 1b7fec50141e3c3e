"""The fits agree with statsmodels and choix on votes invented from a seed (`goldens/make.py` says how it was done)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from leaderboard import Tallies, Verdict
from leaderboard.bradley_terry import fit
from leaderboard.covariance import sandwich
from leaderboard.scale import CENTRE, ELO_PER_NAT
from leaderboard.style import control_style
from leaderboard.ties import davidson, rao_kupper
from leaderboard.votes import Votes

GOLDENS = Path(__file__).parent / "goldens"
SETS: dict[str, dict[str, Any]] = json.loads((GOLDENS / "votes.json").read_text())["sets"]
WITH_TIES = [name for name, golden in SETS.items() if "davidson" in golden]
WINNERS = {"a": "model_a", "b": "model_b", "tie": "tie", "both_bad": "tie (bothbad)"}


def tallies_of(name: str) -> Tallies:
    rows = SETS[name]["votes"]
    return Tallies.from_counts((left, right, Verdict(verdict), count) for left, right, verdict, count in rows)


@pytest.mark.parametrize("name", SETS)
def test_ratings_and_errors_of_half_wins_are_those_of_statsmodels(name: str):
    golden, tallies = SETS[name]["half_wins"], tallies_of(name)
    result = fit(tallies.record)
    errors = ELO_PER_NAT * np.sqrt(np.diag(sandwich(result, tallies)))
    for i, contender in enumerate(tallies.contenders):
        assert ELO_PER_NAT * result.strengths[i] == pytest.approx(golden["ratings"][contender], abs=1e-6)
        assert errors[i] == pytest.approx(golden["errors"][contender], rel=1e-8)


def test_ratings_without_ties_are_those_of_choix():
    golden, tallies = SETS["no ties"]["choix"], tallies_of("no ties")
    ratings = ELO_PER_NAT * fit(tallies.record).strengths
    assert ratings == pytest.approx([golden[contender] for contender in tallies.contenders], abs=1e-6)


@pytest.mark.parametrize("name", WITH_TIES)
def test_davidson_s_model_is_fitted_as_by_statsmodels(name: str):
    golden, result = SETS[name]["davidson"], davidson(tallies_of(name))
    assert result.parameter.value == pytest.approx(golden["log_nu"], abs=1e-8)
    assert result.parameter.error == pytest.approx(golden["log_nu_error"], rel=1e-8)
    assert result.log_likelihood == pytest.approx(golden["log_likelihood"], rel=1e-10)
    for i, contender in enumerate(result.estimate.contenders):
        assert result.estimate.ratings[i] - CENTRE == pytest.approx(golden["ratings"][contender], abs=1e-6)
        assert result.estimate.errors[i] == pytest.approx(golden["errors"][contender], rel=1e-8)


@pytest.mark.parametrize("name", WITH_TIES)
def test_rao_and_kupper_s_model_is_fitted_as_by_statsmodels(name: str):
    golden, result = SETS[name]["rao_kupper"], rao_kupper(tallies_of(name))
    assert result.parameter.value == pytest.approx(golden["threshold"], abs=1e-8)
    assert result.log_likelihood == pytest.approx(golden["log_likelihood"], rel=1e-10)
    for i, contender in enumerate(result.estimate.contenders):
        # statsmodels climbs by a numerical gradient here.
        assert result.estimate.ratings[i] - CENTRE == pytest.approx(golden["ratings"][contender], abs=1e-5)


def test_the_influence_of_style_is_that_of_statsmodels():
    golden = json.loads((GOLDENS / "style.json").read_text())
    frame = pd.DataFrame(golden["votes"], columns=["model_a", "model_b", "winner", *golden["features"]])
    frame["winner"] = frame["winner"].map(WINNERS)
    found = control_style(Votes.from_frame(frame), {name: frame[name].to_numpy() for name in golden["features"]})
    controlled, raw = golden["controlled"], golden["raw"]
    assert not found.unidentified
    for name, coefficient in found.coefficients.items():
        assert coefficient.value == pytest.approx(controlled["coefficients"][name], abs=1e-8)
        assert coefficient.error == pytest.approx(controlled["coefficient_errors"][name], rel=1e-6)
    for board, expected in ((found.controlled, controlled), (found.raw, raw)):
        for i, contender in enumerate(board.contenders):
            assert board.ratings[i] - CENTRE == pytest.approx(expected["ratings"][contender], abs=1e-6)
            assert board.errors[i] == pytest.approx(expected["errors"][contender], rel=1e-6)
