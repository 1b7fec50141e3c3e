"""Ratings whose errors allow for votes that depend on each other."""

import numpy as np
import pandas as pd
import pytest

from leaderboard import Tallies, Verdict, rank
from leaderboard.clusters import cluster_robust
from leaderboard.contrasts import contrasts
from leaderboard.errors import NotEstimable
from leaderboard.rank_sets import marginal
from leaderboard.votes import Votes


def repeated(votes: Votes, times: int) -> Votes:
    again = [np.tile(column, times) for column in (votes.left, votes.right, votes.verdict)]
    return Votes(votes.contenders, *again, pd.DataFrame(index=range(times * len(votes))))


def of_two(counts: dict[str, int]) -> Votes:
    """Return votes of x against y, those of a kind after each other."""
    winners = [winner for winner, count in counts.items() for _ in range(count)]
    return Votes.from_frame(pd.DataFrame({"model_a": "x", "model_b": "y", "winner": winners}))


def by(labels: object, name: str = "voter") -> pd.DataFrame:
    return pd.DataFrame({name: labels})


def test_five_raters_who_happen_to_agree_are_no_evidence():
    """Of 90 : 89 : 73 by five raters of whom each is as divided as all, the interval is that of independent votes."""
    votes = of_two({"model_a": 90, "model_b": 89, "tie": 73})
    robust = cluster_robust(votes, by(np.arange(252) % 5))
    low, high = robust.ratings - robust.margins(), robust.ratings + robust.margins()
    assert (low[0], high[0]) == pytest.approx((983, 1019), abs=1)
    assert robust.margins() == pytest.approx(rank(Tallies.from_votes(votes)).boards[0].margins())
    assert robust.dependences[0].clusters == 5


def test_five_raters_who_disagree_widen_the_interval_by_student_s_quantile():
    votes = of_two({"model_a": 90, "model_b": 89, "tie": 73})
    divided = cluster_robust(votes, by([min(place // 51, 4) for place in range(252)]))  # three always take one side
    independent = rank(Tallies.from_votes(votes)).boards[0]
    added = divided.dependences[0]
    assert added.degrees == pytest.approx([4, 4], abs=0.01)
    variance = independent.errors**2 + added.added
    assert divided.errors == pytest.approx(np.sqrt(variance))
    # Student's quantile with four degrees is 2.776; it is paid for what the raters add.
    assert divided.margins() == pytest.approx(
        np.sqrt((1.95996 * independent.errors) ** 2 + (2.776 * np.sqrt(added.added)) ** 2), rel=1e-3
    )
    assert divided.ratios.min() > 3


@pytest.mark.parametrize(
    ("sizes", "degrees"), [((20, 20, 20), 2), ((60, 20, 20), 1.6), ((40, 30, 20, 10), 2.3924), ((80, 10, 10), 1.2462)]
)
def test_degrees_of_freedom_are_satterthwaite_s(sizes: tuple[int, ...], degrees: float):
    """For a mean, with f the clusters' shares: 1 / (Σ f²(1-2f)/(1-f)² + (Σ f²/(1-f))²), Pustejovsky and Tipton 2018."""
    votes = of_two({"model_a": sum(sizes) // 2, "model_b": sum(sizes) - sum(sizes) // 2})
    found = cluster_robust(votes, by(np.repeat(np.arange(len(sizes)), sizes))).dependences[0]
    assert found.pairs_degrees[0, 1] == pytest.approx(degrees, abs=1e-4)
    shares = np.array(sizes) / sum(sizes)
    trace = (shares**2 * (1 - 2 * shares) / (1 - shares) ** 2).sum() + (shares**2 / (1 - shares)).sum() ** 2
    assert found.pairs_degrees[0, 1] == pytest.approx(1 / trace)


def test_clusters_of_one_vote_are_independent_votes(votes: Votes, tallies: Tallies):
    robust = cluster_robust(votes, by(range(len(votes))))
    plain = rank(tallies).boards[0]
    assert robust.ratings == pytest.approx(plain.ratings)
    assert robust.ratios == pytest.approx(np.ones(8), abs=0.01)
    assert robust.dependences[0].clusters == 3000


def test_whoever_votes_nine_times_alike_counts_once(votes: Votes, tallies: Tallies):
    robust = cluster_robust(repeated(votes, 9), by(np.tile(np.arange(len(votes)), 9)))
    assert robust.errors == pytest.approx(rank(tallies).boards[0].errors, rel=0.01)
    assert robust.ratios == pytest.approx([3] * 8, rel=0.01)


def test_two_ways_of_dependence_are_both_paid_for(votes: Votes):
    """Half of the votes are repeated by one voter, the others by one prompt."""
    doubled = repeated(votes, 4)
    number = np.arange(len(doubled)) % len(votes)
    apart = np.arange(len(doubled)) + len(votes)
    voter = np.where(number % 2, number, apart)
    prompt = np.where(number % 2, apart, number)
    one, other = cluster_robust(doubled, by(voter)), cluster_robust(doubled, by(prompt, "prompt"))
    both = cluster_robust(doubled, pd.DataFrame({"voter": voter, "prompt": prompt}))
    assert [way.label for way in both.dependences] == ["voter", "prompt"]
    assert both.margins() == pytest.approx(
        np.sqrt(one.margins() ** 2 + other.margins() ** 2 - rank(Tallies.from_votes(doubled)).boards[0].margins() ** 2)
    )


def test_a_vote_without_a_label_is_a_cluster_of_its_own(votes: Votes):
    unlabelled = pd.Series([None] * len(votes), dtype=object)
    assert cluster_robust(votes, by(unlabelled)).dependences[0].clusters == len(votes)
    half = unlabelled.copy()
    half[:1500] = "one voter"
    assert cluster_robust(votes, by(half)).dependences[0].clusters == 1501


def test_weights_and_clusters_go_together(votes: Votes):
    labels = by(np.arange(len(votes)) % 7)
    plain, threefold = cluster_robust(votes, labels), cluster_robust(votes, labels, weights=np.full(len(votes), 3.0))
    assert threefold.margins() == pytest.approx(plain.margins())


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_than_three_clusters_cannot_tell_how_clusters_differ(votes: Votes, count: int):
    with pytest.raises(NotEstimable, match="Of `voter` only"):
        cluster_robust(votes, by(np.arange(len(votes)) % count))


def test_a_contender_that_one_voter_alone_judged_has_no_such_error_and_no_sure_rank():
    rows = [("x", "y", winner, f"v{n % 6}") for n, winner in enumerate(["model_a"] * 40 + ["model_b"] * 20)]
    rows += [("z", name, winner, "v0") for name in "xy" for winner in ["model_a"] * 40 + ["model_b"]]
    votes = Votes.from_frame(pd.DataFrame(rows, columns=["model_a", "model_b", "winner", "voter"]))
    robust = cluster_robust(votes, votes.extra[["voter"]])
    assert np.isfinite(robust.difference_margins()[0, 1])
    assert (
        np.isinf(robust.difference_margins()[2]).tolist() == [True, True, True]
        or np.isinf(robust.difference_margins()[2, :2]).all()
    )
    assert (marginal(robust).best[2], marginal(robust).worst[2]) == (1, 3)
    found = {
        (one.first, one.second): one for one in contrasts(Tallies.from_votes(votes), ("x", "y", "z"), estimate=robust)
    }
    assert found["x", "z"].p_value == 1
    assert found["x", "z"].votes_needed is None
    assert robust.difference("x", "z").interval() == (-np.inf, np.inf)


def test_p_values_and_intervals_of_few_clusters_agree():
    votes = of_two({"model_a": 150, "model_b": 60})
    robust = cluster_robust(votes, by(np.arange(210) // 35))
    difference = robust.difference("x", "y")
    low, high = difference.interval(1 - difference.p_value)
    assert min(abs(low), abs(high)) == pytest.approx(0, abs=1e-6)
    assert 0 < difference.p_value < 1


def test_votes_that_connect_nobody_cannot_be_estimated():
    tallies = Tallies.from_counts([("x", "y", Verdict.A, 3)])
    assert tallies.num_votes == 3
    frame = pd.DataFrame({"model_a": ["x"] * 3, "model_b": ["y"] * 3, "winner": ["model_a"] * 3})
    with pytest.raises(NotEstimable, match="No two contenders are connected"):
        cluster_robust(Votes.from_frame(frame), by(["u", "v", "w"]))
