"""Agreement, against evalica's and krippendorff's alpha and published figures."""

from itertools import product

import evalica
import krippendorff
import numpy as np
import pandas as pd
import pytest

from leaderboard.agreement import (
    Opinion,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    pairwise_kappas,
    raw_agreement,
)


def opinions_of(table: np.ndarray) -> list[Opinion]:
    """Return the opinions in a table of raters by items; not-a-number is none."""
    return [
        Opinion(rater, item, float(table[rater, item]))
        for rater, item in product(*map(range, table.shape))
        if not np.isnan(table[rater, item])
    ]


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
@pytest.mark.parametrize("seed", range(6))
def test_alpha_is_that_of_both_oracles(level, seed: int):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, 60)
    table = np.where(rng.random((5, 60)) < 0.6, truth, rng.integers(0, 4, (5, 60))).astype(float)
    table[rng.random((5, 60)) < 0.35] = np.nan
    found = krippendorff_alpha(opinions_of(table), level=level, order=[0.0, 1.0, 2.0, 3.0])
    assert found.value == pytest.approx(krippendorff.alpha(table, level_of_measurement=level), abs=1e-9)
    assert found.value == pytest.approx(evalica.alpha(pd.DataFrame(table), distance=level).alpha, abs=1e-9)
    assert found.lower is not None
    assert found.lower < found.value < found.upper


def test_the_interval_is_about_evalica_s():
    rng = np.random.default_rng(8)
    truth = rng.integers(0, 3, 120)
    table = np.where(rng.random((3, 120)) < 0.7, truth, rng.integers(0, 3, (3, 120))).astype(float)
    found = krippendorff_alpha(opinions_of(table))
    # At an alpha near 0.45, 120 items give about ± 0.10.
    assert found.value == pytest.approx(0.48, abs=0.08)
    assert found.upper - found.lower == pytest.approx(0.2, abs=0.05)
    assert found == krippendorff_alpha(opinions_of(table))


def test_pandalm_s_published_agreement():
    """999 items by three raters, 879 unanimous and 120 two to one, with 1,255 × 1, 1,416 × 2 and 326 × 0."""
    kinds = [("111", 359), ("222", 412), ("000", 108), ("001", 1), ("112", 58), ("122", 61)]
    table = np.array([list(map(float, kind)) for kind, count in kinds for _ in range(count)]).T
    assert [int((table == value).sum()) for value in (1, 2, 0)] == [1255, 1416, 326]
    opinions = opinions_of(table)
    assert raw_agreement(opinions) == pytest.approx(0.920, abs=5e-4)
    assert fleiss_kappa(opinions) == pytest.approx(0.86418, abs=5e-6)
    assert krippendorff_alpha(opinions).value == pytest.approx(0.86422, abs=5e-6)


def test_kappa_of_two_by_hand():
    """20 + 15 of 50 agree, and 0.5 would by chance: (0.7 - 0.5) / 0.5."""
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohen_kappa(first, second) == pytest.approx(0.4)
    opinions = [Opinion("r", n, value) for n, value in enumerate(first)]
    opinions += [Opinion("s", n, value) for n, value in enumerate(second)] + [Opinion("t", 99, "yes")]
    assert pairwise_kappas(opinions) == {("r", "s"): (pytest.approx(0.4), 50)}


def test_who_always_says_the_same_has_no_kappa_and_no_alpha():
    alike = [Opinion(rater, item, "tie") for rater in "rst" for item in range(20)]
    assert cohen_kappa(["tie"] * 9, ["tie"] * 9) is None
    assert fleiss_kappa(alike) is None
    found = krippendorff_alpha(alike)
    assert (found.value, found.lower, found.items, found.opinions) == (None, None, 20, 60)
    assert raw_agreement(alike) == 1.0


def test_single_opinions_say_nothing():
    alone = [Opinion("r", item, item % 2) for item in range(9)]
    assert krippendorff_alpha(alone).value is None
    assert krippendorff_alpha([]).items == 0
    assert fleiss_kappa(alone) is None
    assert raw_agreement(alone) is None
    more = [*alone, Opinion("s", 0, 0), Opinion("s", 1, 0)]
    assert krippendorff_alpha(more).items == 2
    assert fleiss_kappa(more) is None  # items differ in how many judged them


def test_an_interval_that_resampling_cannot_give_is_not_given():
    """Of thirty items one has a disagreement: a third of all resamples lack it, and with it any variation."""
    opinions = [Opinion(rater, item, 0) for rater in "rs" for item in range(29)]
    opinions += [Opinion("r", 29, 0), Opinion("s", 29, 1)]
    found = krippendorff_alpha(opinions)
    assert found.value is not None
    assert (found.lower, found.upper) == (None, None)


def test_ordinal_values_need_their_order():
    with pytest.raises(ValueError, match="lacks"):
        krippendorff_alpha([Opinion("r", 1, "x"), Opinion("s", 1, "y")], level="ordinal", order=["x"])
    with pytest.raises(ValueError, match="same items"):
        cohen_kappa([1], [1, 2])
