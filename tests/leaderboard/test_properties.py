"""What must hold for any votes at all."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard import Ranking, Tallies, Verdict, rank
from tests.leaderboard.strategies import NAMES, Row, connected_rows, rows

SWAPPED = {Verdict.A: Verdict.B, Verdict.B: Verdict.A}


def ranked(drawn: list[Row]) -> Ranking:
    return rank(Tallies.from_counts(drawn))


def figures(ranking: Ranking, rename: dict[str, str] | None = None) -> dict[str, tuple[float, ...]]:
    names = rename or {}
    return {
        names.get(s.contender, s.contender): (s.rating, s.lower, s.upper, s.rank_upper, s.rank_lower, s.votes)
        for s in ranking.standings
    }


def assert_same(one: dict[str, tuple[float, ...]], other: dict[str, tuple[float, ...]]) -> None:
    assert one.keys() == other.keys()
    for name, numbers in one.items():
        assert numbers == pytest.approx(other[name], rel=1e-6, abs=1e-6)


@given(rows(), st.randoms())
def test_the_order_of_votes_does_not_matter(drawn: list[Row], shuffler: random.Random):
    mixed = list(drawn)
    shuffler.shuffle(mixed)
    assert_same(figures(ranked(drawn)), figures(ranked(mixed)))


@given(rows())
def test_sides_do_not_matter(drawn: list[Row]):
    swapped = [(right, left, SWAPPED.get(verdict, verdict), count) for left, right, verdict, count in drawn]
    assert_same(figures(ranked(drawn)), figures(ranked(swapped)))


@given(connected_rows(), st.permutations(NAMES))
def test_names_do_not_matter(drawn: list[Row], names: list[str]):
    rename = dict(zip(NAMES, names, strict=True))
    renamed = [(rename[left], rename[right], verdict, count) for left, right, verdict, count in drawn]
    assert_same(figures(ranked(drawn), rename), figures(ranked(renamed)))


@given(connected_rows())
def test_doubling_all_votes_halves_variances_and_keeps_ratings(drawn: list[Row]):
    single, double = ranked(drawn).boards[0], ranked(drawn + drawn).boards[0]
    assert double.ratings == pytest.approx(single.ratings, abs=1e-7)
    assert 2 * double.covariance == pytest.approx(single.covariance, rel=1e-7, abs=1e-7)


@given(connected_rows(), st.sampled_from(NAMES))
def test_an_anchor_shifts_all_and_distorts_nothing(drawn: list[Row], anchor: str):
    board = ranked(drawn).boards[0]
    for first, second in [("ada", "bob"), ("eve", "cyd")]:
        direct = board.difference(first, second)
        by_anchor = board.difference(first, anchor).value - board.difference(second, anchor).value
        assert by_anchor == pytest.approx(direct.value, abs=1e-7)
        assert direct.error > 0


@given(connected_rows())
def test_a_clone_that_only_ties_with_its_original_shares_its_rating(drawn: list[Row]):
    board = ranked(drawn).boards[0]
    cloned = ranked([*drawn, ("ada", "clone", Verdict.TIE, 7)]).boards[0]
    assert cloned.difference("clone", "ada").value == pytest.approx(0, abs=1e-7)
    assert cloned.difference("bob", "eve").value == pytest.approx(board.difference("bob", "eve").value, abs=1e-7)
    assert cloned.difference("clone", "ada").error > 50


@given(rows())
def test_every_standing_is_finite_has_a_width_and_a_rank_in_its_set(drawn: list[Row]):
    ranking = ranked(drawn)
    assert {s.contender for s in ranking.standings} == {name for row in drawn for name in row[:2]}
    for standing in ranking.standings:
        assert all(map(math.isfinite, (standing.rating, standing.lower, standing.upper, standing.win_probability)))
        assert standing.lower < standing.rating < standing.upper
        board = [s for s in ranking.standings if s.component == standing.component]
        assert 1 <= standing.rank_upper <= board.index(standing) + 1 <= standing.rank_lower <= len(board)
        assert standing.wins + standing.losses + standing.ties + standing.both_bad == standing.votes


@given(rows(max_count=40))
def test_covariances_are_symmetric_and_never_negative(drawn: list[Row]):
    for board in ranked(drawn).boards:
        assert np.array_equal(board.covariance, board.covariance.T)
        assert np.linalg.eigvalsh(board.covariance).min() > -1e-6 * np.trace(board.covariance)


@given(rows(), rows(max_count=1))
def test_starting_from_an_earlier_ranking_changes_nothing(drawn: list[Row], later: list[Row]):
    tallies = Tallies.from_counts([*drawn, *later])
    assert_same(figures(rank(tallies, previous=ranked(drawn))), figures(rank(tallies)))


@pytest.mark.parametrize("volume", [1, 1_000, 1_000_000])
def test_a_newcomer_s_error_does_not_depend_on_the_others_votes(volume: int):
    """The trap of penalties in units of all votes: 500 votes are worth the same on a board of ten million."""
    others = [(x, y, verdict, 100 * volume) for x, y in ("ab", "bc", "ca") for verdict in (Verdict.A, Verdict.B)]
    newcomer = [("new", other, verdict, 50) for other in "abc" for verdict in (Verdict.A, Verdict.B)]
    board = rank(Tallies.from_counts([*others, *newcomer])).boards[0]
    # All are equal: the newcomer's own part of the variance is 1 / (300 · ¼), the field's mean adds next to nothing.
    field = board.covariance[:3, :3].sum() / 9 + board.covariance[3, 3] - 2 * board.covariance[3, :3].sum() / 3
    assert math.sqrt(field) == pytest.approx(400 / math.log(10) * math.sqrt(4 / 300), rel=1e-6)
