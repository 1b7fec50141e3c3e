from collections import Counter

import numpy as np
import pytest

from leaderboard import Tallies, Verdict, draw_pair
from leaderboard.sampling import POLICIES, Design, design
from leaderboard.simulation import random_pairs, simulated_votes

POOL = tuple(f"contender-{i}" for i in range(8))
NOTHING = Tallies.from_counts([])


@pytest.fixture
def settled() -> Tallies:
    """Eight contenders so well known that no interval is wide."""
    rng = np.random.default_rng(5)
    return Tallies.from_votes(simulated_votes(np.linspace(2, -2, 8), random_pairs(8, 200_000, rng), rng))


def chance(made: Design, first: str, second: str) -> float:
    return float(made.probabilities[made.pool.index(first), made.pool.index(second)])


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("size", [2, 3, 8])
def test_probabilities_of_all_pairs_sum_to_one(policy: str, size: int, tallies: Tallies):
    made = design(policy, POOL[:size], tallies)
    assert np.triu(made.probabilities, 1).sum() == pytest.approx(1)
    assert np.array_equal(made.probabilities, made.probabilities.T)
    assert (np.diag(made.probabilities) == 0).all()
    assert made.shares.sum() == pytest.approx(2)


def test_uniform_draws_every_pair_alike():
    made = design("uniform", POOL, NOTHING)
    assert np.unique(made.probabilities[~np.eye(8, dtype=bool)]) == pytest.approx([1 / 28])


@pytest.mark.parametrize("policy", POLICIES)
def test_pairs_are_drawn_as_often_as_their_probability_says(policy: str, tallies: Tallies, rng: np.random.Generator):
    made = design(policy, (*POOL, "new"), tallies)
    draws = [made.draw(rng) for _ in range(4000)]
    seen = Counter(frozenset((draw.a, draw.b)) for draw in draws)
    for draw in draws:
        pair = frozenset((draw.a, draw.b))
        assert draw.policy == policy
        assert draw.probability == pytest.approx(chance(made, draw.a, draw.b))
        assert abs(seen[pair] - 4000 * draw.probability) < 5 * np.sqrt(4000 * draw.probability) + 1


def test_sides_are_shuffled(rng: np.random.Generator):
    lefts = Counter(draw_pair("uniform", ("x", "y"), NOTHING, rng=rng).a for _ in range(400))
    assert 150 < lefts["x"] < 250


def test_every_pair_stays_possible(tallies: Tallies):
    made = design("informative", (*POOL, "new"), tallies, floor=0.1)
    assert made.probabilities[~np.eye(9, dtype=bool)].min() >= 0.1 / 36


def test_a_newcomer_comes_first_against_whom_it_teaches_most(settled: Tallies):
    made = design("informative", (*POOL, "new"), settled, max_share=1.0)
    assert made.shares[-1] > 0.95
    # Believed to be average, it learns most from the middle of the field.
    assert chance(made, "new", "contender-3") > chance(made, "new", "contender-0")


def test_no_contender_is_aimed_at_beyond_its_share(settled: Tallies):
    for max_share in (0.3, 0.5, 0.8):
        made = design("informative", (*POOL, "new"), settled, max_share=max_share)
        assert made.shares.max() <= max_share + 1e-12
        assert made.shares[-1] == pytest.approx(max_share)


def test_what_the_cap_leaves_goes_to_the_next_goal(settled: Tallies):
    made = design("informative", (*POOL, "new"), settled, max_share=0.5)
    rest = np.triu(made.probabilities[:-1, :-1], 1)
    assert rest.sum() == pytest.approx(0.5)
    assert rest.max() > 3 * np.median(rest[rest > 0])


def test_without_newcomers_the_order_of_the_best_comes_first():
    rng = np.random.default_rng(6)
    strengths = np.array([1.05, 1.04, 1.03, 1.02, 1.01] + [-1.0] * 15)
    votes = simulated_votes(strengths, random_pairs(20, 8000, rng), rng)
    made = design("informative", votes.contenders, Tallies.from_votes(votes), max_share=1.0)
    assert made.shares[:5].sum() > 1.5


def test_with_everything_known_the_widest_interval_comes_first(settled: Tallies):
    worst = settled.contenders[0]
    made = design("informative", POOL, settled, max_share=1.0)
    # The strongest contender wins so often that each of its votes says least.
    assert made.shares[POOL.index(worst)] == pytest.approx(made.shares.max())


def test_a_cold_start_is_nearly_uniform():
    made = design("informative", POOL, NOTHING)
    assert made.shares.max() < 2.5 * made.shares.min()


def test_contenders_outside_the_pool_tell_about_those_inside_and_are_never_drawn():
    rows = [(name, "retired", verdict, 5000) for name in ("x", "y") for verdict in (Verdict.A, Verdict.B)]
    made = design("informative", ("x", "y", "new"), Tallies.from_counts(rows), max_share=1.0)
    assert made.pool == ("x", "y", "new")
    assert made.shares[2] > 0.9


def test_one_sided_votes_do_not_stop_the_sampler(rng: np.random.Generator):
    tallies = Tallies.from_counts([("x", "y", Verdict.A, 50)])
    draw = draw_pair("informative", ("x", "y", "z"), tallies, rng=rng)
    assert {draw.a, draw.b} < {"x", "y", "z"}


def test_a_pool_that_names_a_contender_twice_holds_it_once():
    assert design("uniform", ("x", "y", "x"), NOTHING).pool == ("x", "y")


def test_a_pool_of_one_and_an_unknown_policy_are_refused(rng: np.random.Generator):
    with pytest.raises(ValueError, match="two contenders"):
        draw_pair("uniform", ("x", "x"), NOTHING, rng=rng)
    with pytest.raises(ValueError, match="`best` is no policy; known are uniform, informative"):
        draw_pair("best", ("x", "y"), NOTHING, rng=rng)


def test_weighting_by_the_logged_probability_undoes_the_aim(settled: Tallies, rng: np.random.Generator):
    made = design("informative", (*POOL, "new"), settled)
    draws = [made.draw(rng) for _ in range(10_000)]
    involved = np.array(["new" in (draw.a, draw.b) for draw in draws])
    weights = np.array([1 / draw.probability for draw in draws])
    assert involved.mean() > 0.75
    assert (weights * involved).sum() / weights.sum() == pytest.approx(8 / 36, abs=0.05)
