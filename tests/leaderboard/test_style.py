import numpy as np
import pandas as pd
import pytest

from leaderboard import Tallies, bradley_terry, rank
from leaderboard.arrays import FloatArray
from leaderboard.errors import BadVotes
from leaderboard.position import left_advantage
from leaderboard.simulation import random_pairs
from leaderboard.style import Unidentified, control_style, features_of, relative_difference
from leaderboard.verdict import A, B
from leaderboard.votes import Votes

TRUE_EFFECT = np.array([0.5, -0.2])


@pytest.fixture
def features(votes: Votes, rng: np.random.Generator) -> FloatArray:
    return rng.standard_normal((2, len(votes)))


@pytest.fixture
def styled(votes: Votes, features: FloatArray, rng: np.random.Generator) -> Votes:
    """Votes that two features sway, on contenders of whom the first also writes the longer answers."""
    features[0] += 0.8 * ((votes.left == 0).astype(float) - (votes.right == 0))
    strengths = np.linspace(1, -1, 8)
    chance = bradley_terry.logistic(strengths[votes.left] - strengths[votes.right] + TRUE_EFFECT @ features)
    verdict = np.where(rng.random(len(votes)) < chance, A, B).astype(np.int8)
    return Votes(votes.contenders, votes.left, votes.right, verdict, votes.extra)


def test_known_effects_are_found_within_their_errors(styled: Votes, features: FloatArray):
    fit = control_style(styled, {"length": features[0], "bold": features[1]})
    for coefficient, truth in zip(fit.coefficients.values(), TRUE_EFFECT, strict=True):
        assert abs(coefficient.value - truth) < 3 * coefficient.error
    assert fit.unidentified == {}


def test_whoever_wrote_longer_loses_what_length_had_won(styled: Votes, features: FloatArray):
    fit = control_style(styled, {"length": features[0], "bold": features[1]})
    shift = fit.shift[styled.contenders[0]]
    assert shift.z < -5
    assert shift.value == pytest.approx(fit.controlled.ratings[0] - fit.raw.ratings[0])
    truth = 1000 + np.linspace(1, -1, 8) * 400 / np.log(10)
    assert np.abs(fit.controlled.ratings - truth).max() < np.abs(fit.raw.ratings - truth).max()


def test_at_the_maximum_no_feature_nor_contender_has_a_surprise_left(styled: Votes, features: FloatArray):
    fit = control_style(styled, {"length": features[0], "bold": features[1]})
    strengths = (fit.controlled.ratings - 1000) * np.log(10) / 400
    effects = np.array([coefficient.value for coefficient in fit.coefficients.values()])
    chance = 1 / (1 + np.exp(strengths[styled.right] - strengths[styled.left] - effects @ features))
    surprise = (styled.verdict == A) - chance
    assert features @ surprise == pytest.approx([0, 0], abs=1e-8)
    assert np.bincount(styled.left, surprise) - np.bincount(styled.right, surprise) == pytest.approx([0] * 8, abs=1e-8)


def test_the_shift_s_error_matches_refits_of_resampled_votes(styled: Votes, features: FloatArray):
    fit = control_style(styled, {"length": features[0], "bold": features[1]})
    rng, shifts = np.random.default_rng(1), []
    for _ in range(60):
        drawn = rng.integers(0, len(styled), len(styled))
        again = Votes(
            styled.contenders, styled.left[drawn], styled.right[drawn], styled.verdict[drawn], styled.extra.iloc[drawn]
        )
        refit = control_style(again, {"length": features[0][drawn], "bold": features[1][drawn]})
        shifts.append([shift.value for shift in refit.shift.values()])
    ratio = np.std(shifts, axis=0, ddof=1) / [shift.error for shift in fit.shift.values()]
    assert np.median(ratio) == pytest.approx(1, abs=0.15)


def test_without_features_both_fits_are_the_plain_one(votes: Votes):
    fit, plain = control_style(votes, {}), rank(Tallies.from_votes(votes)).boards[0]
    assert fit.controlled.ratings == pytest.approx(plain.ratings)
    assert fit.raw.covariance == pytest.approx(plain.covariance)
    assert [shift.value for shift in fit.shift.values()] == pytest.approx([0] * 8, abs=1e-9)


def test_features_that_cannot_be_told_apart_are_controlled_for_together_and_get_no_numbers(
    styled: Votes, features: FloatArray
):
    alone = control_style(styled, {"length": features[0]})
    twice = control_style(styled, {"length": features[0], "again": features[0], "other": features[1]})
    assert twice.unidentified == {"length": Unidentified.FEATURES, "again": Unidentified.FEATURES}
    assert set(twice.coefficients) == {"other"}
    pair = control_style(styled, {"length": features[0], "again": features[0]})
    assert pair.controlled.ratings == pytest.approx(alone.controlled.ratings, abs=1e-6)


def test_a_feature_that_is_the_sum_of_others_leaves_none_of_them_a_number(styled: Votes, features: FloatArray):
    both = control_style(styled, {"length": features[0], "headers": features[1]})
    all_three = control_style(styled, {"length": features[0], "sum": features.sum(axis=0), "headers": features[1]})
    assert set(all_three.unidentified) == {"length", "sum", "headers"}
    assert all_three.controlled.ratings == pytest.approx(both.controlled.ratings, abs=1e-6)


def test_a_feature_that_is_the_same_on_both_sides_gets_no_number(votes: Votes):
    fit = control_style(votes, {"headers": np.zeros(len(votes))})
    assert fit.coefficients == {}
    assert fit.unidentified == {"headers": Unidentified.NO_DIFFERENCE}


def test_a_feature_that_decides_every_vote_gets_no_number(votes: Votes):
    fit = control_style(votes, {"oracle": np.array([1.0, -1.0, 0.0, 0.0])[votes.verdict] * 3})
    assert fit.unidentified == {"oracle": Unidentified.ONE_WAY}
    assert np.isfinite(fit.controlled.errors).all()


def test_features_that_only_one_vote_has_get_no_number(styled: Votes):
    rare = np.zeros(len(styled))
    rare[np.flatnonzero(styled.verdict == A)[0]] = 1.0
    fit = control_style(styled, {"emoji": rare, "tables": rare, "quotes": rare})
    assert set(fit.unidentified.values()) == {Unidentified.ONE_WAY}


@pytest.mark.parametrize("seed", range(30))
def test_a_feature_that_every_contender_has_always_alike_cannot_be_told_apart_from_who_wrote_it(seed: int):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(3, 9))
    pairs = random_pairs(size, 400, rng)
    verdict = rng.choice([A, B], 400).astype(np.int8)
    left, right = pairs.T.astype(np.int32)
    votes = Votes(tuple("abcdefgh"[:size]), left, right, verdict, pd.DataFrame(index=range(400)))
    length, headers = rng.integers(1, 900, size), rng.standard_normal(size)
    varying = rng.standard_normal(400)
    fit = control_style(
        votes,
        {
            "length": relative_difference(length[left], length[right]),
            "headers": headers[left] - headers[right],
            "varying": varying,
        },
    )
    assert fit.unidentified == {"length": Unidentified.CONTENDERS, "headers": Unidentified.CONTENDERS}
    assert set(fit.coefficients) == {"varying"}
    figures = [*fit.coefficients.values(), *fit.shift.values()]
    assert np.isfinite([(figure.value, figure.error) for figure in figures]).all()
    assert np.isfinite(fit.controlled.errors).all()


@pytest.mark.parametrize("constant", [0.1, 1e6])
def test_a_difference_that_is_the_same_in_every_vote_is_what_standing_left_is_worth(votes: Votes, constant: float):
    votes.extra["f"] = np.full(len(votes), constant)
    fit = control_style(votes, {"f": np.full(len(votes), constant)})
    side = left_advantage(Tallies.from_votes(votes))
    assert fit.coefficients["f"].value * constant * 400 / np.log(10) == pytest.approx(side.value)
    assert fit.coefficients["f"].error * constant * 400 / np.log(10) == pytest.approx(side.error)
    assert features_of(votes, ["f"])["f"] == pytest.approx(np.full(len(votes), constant))


def test_columns_without_a_relative_difference_are_refused_by_name(votes: Votes):
    votes.extra["mood_a"], votes.extra["mood_b"] = -0.5, -0.5
    with pytest.raises(BadVotes, match="`mood_a` and `mood_b` are no counts"):
        features_of(votes, ["mood"])


def test_standing_left_is_told_apart_from_who_wrote_the_answers(styled: Votes):
    assert control_style(styled, {"left": np.ones(len(styled))}).unidentified == {}


def test_votes_outside_the_largest_core_are_left_out(styled: Votes, features: FloatArray):
    stranger = np.array([8], dtype=np.int32)
    more = Votes(
        (*styled.contenders, "unbeaten"),
        np.append(styled.left, stranger),
        np.append(styled.right, [0]).astype(np.int32),
        np.append(styled.verdict, [A]).astype(np.int8),
        styled.extra,
    )
    fit = control_style(more, {"length": np.append(features[0], 0.0)})
    assert fit.controlled.contenders == styled.contenders
    assert fit.controlled.ratings == pytest.approx(control_style(styled, {"length": features[0]}).controlled.ratings)


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_the_unit_of_a_feature_changes_its_coefficient_and_nothing_else(
    styled: Votes, features: FloatArray, unit: float
):
    plain, scaled = (control_style(styled, {"length": features[0] * factor}) for factor in (1.0, unit))
    assert scaled.controlled.ratings == pytest.approx(plain.controlled.ratings, abs=1e-9)
    assert scaled.controlled.covariance == pytest.approx(plain.controlled.covariance)
    assert scaled.coefficients["length"].value * unit == pytest.approx(plain.coefficients["length"].value)
    assert scaled.coefficients["length"].z == pytest.approx(plain.coefficients["length"].z)
    assert scaled.unidentified == {}


def test_a_feature_that_does_not_fit_the_votes_is_refused(votes: Votes):
    with pytest.raises(ValueError, match="`short` needs one finite number"):
        control_style(votes, {"short": np.zeros(3)})
    with pytest.raises(ValueError, match="`hole` needs one finite number"):
        control_style(votes, {"hole": np.full(len(votes), np.nan)})


def test_relative_difference_by_hand():
    difference = relative_difference(np.array([3.0, 0.0, 1.0]), np.array([1.0, 0.0, 5.0]))
    unscaled = np.array([2 / 5, 0, -4 / 7])
    assert difference == pytest.approx(unscaled / unscaled.std())
    assert relative_difference(np.ones(3), np.ones(3)).tolist() == [0, 0, 0]


def test_more_votes_than_a_stack_are_summed_over_all_stacks(rng: np.random.Generator):
    pairs = random_pairs(3, 30_000, rng)
    length = rng.standard_normal(30_000)
    verdict = np.where(rng.random(30_000) < bradley_terry.logistic(0.4 * length), A, B).astype(np.int8)
    left, right = pairs.T.astype(np.int32)
    fit = control_style(Votes(tuple("xyz"), left, right, verdict, pd.DataFrame()), {"length": length})
    assert fit.coefficients["length"].error == pytest.approx(0.0119, rel=0.05)
    assert abs(fit.coefficients["length"].value - 0.4) < 3 * fit.coefficients["length"].error


def test_a_tie_and_both_bad_count_alike():
    rows = [("x", "y", "model_a"), ("y", "x", "model_a"), ("x", "y", "tie")]
    tie = pd.DataFrame(rows, columns=["model_a", "model_b", "winner"])
    both_bad = tie.replace("tie", "both_bad")
    fits = [control_style(Votes.from_frame(frame), {"f": np.array([1.0, 2, 0])}) for frame in (tie, both_bad)]
    assert fits[0].controlled.ratings.tolist() == fits[1].controlled.ratings.tolist()
