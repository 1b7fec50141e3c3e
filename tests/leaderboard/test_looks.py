"""Boundaries of sequential looks, against published tables and simulation."""

import numpy as np
import pytest

from leaderboard.looks import boundaries, false_alarms, spent_by

FIFTHS = (0.2, 0.4, 0.6, 0.8, 1.0)


@pytest.mark.parametrize(
    ("spending", "published"),
    [
        # Lan and DeMets' functions, two-sided 0.05, five equal looks: as in the programs of Reboussin et al. (2000).
        ("obrien-fleming", (4.8769, 3.3569, 2.6803, 2.2898, 2.0310)),
        ("pocock", (2.4380, 2.4268, 2.4101, 2.3966, 2.3859)),
    ],
)
def test_boundaries_are_the_published_ones(spending, published: tuple[float, ...]):
    assert [look.boundary for look in boundaries(FIFTHS, spending=spending)] == pytest.approx(published, abs=2e-4)


@pytest.mark.parametrize(
    ("looks", "pocock", "obrien_fleming"), [(2, 2.178, 1.977), (3, 2.289, 2.004), (4, 2.361, 2.024), (5, 2.413, 2.040)]
)
def test_the_classical_constants_spend_five_percent(looks: int, pocock: float, obrien_fleming: float):
    """Pocock 1977 and O'Brien and Fleming 1979, as tabled by Jennison and Turnbull (2000), tables 2.1 and 2.3."""
    fractions = [(look + 1) / looks for look in range(looks)]
    assert false_alarms(fractions, [pocock] * looks) == pytest.approx(0.05, abs=2e-4)
    falling = [obrien_fleming / fraction**0.5 for fraction in fractions]
    assert false_alarms(fractions, falling) == pytest.approx(0.05, abs=2e-4)


def test_one_look_is_the_usual_test():
    (only,) = boundaries([1.0], spending="obrien-fleming")
    assert only.boundary == pytest.approx(1.959964, abs=1e-5)
    assert only.nominal == pytest.approx(0.05)
    assert spent_by(1.0, spending="pocock", alpha=0.01) == pytest.approx(0.01)


def test_looking_twenty_times_without_boundaries_finds_what_is_not_there():
    fractions = [(look + 1) / 20 for look in range(20)]
    assert false_alarms(fractions, [1.959964] * 20) == pytest.approx(0.248, abs=2e-3)  # Armitage et al. 1969


@pytest.mark.parametrize("spending", ["obrien-fleming", "pocock"])
def test_false_alarms_in_simulated_campaigns_are_five_percent(spending):
    """Looks at odd times, at 300 judgements of which ties were left out."""
    times = np.array([50, 90, 170, 300])
    looks = boundaries((times / 300).tolist(), spending=spending)
    rng = np.random.default_rng(4)
    votes = rng.choice([-1, 1], (20_000, 300)).cumsum(axis=1)[:, times - 1] / np.sqrt(times)
    alarms = (np.abs(votes) >= [look.boundary for look in looks]).any(axis=1).mean()
    assert alarms == pytest.approx(0.05, abs=0.008)


def test_what_is_no_row_of_looks_is_refused():
    for fractions in ([0.5, 0.5], [0.0, 1.0], [0.6, 0.4], [0.5, 1.2]):
        with pytest.raises(ValueError, match="must rise"):
            boundaries(fractions, spending="pocock")
    with pytest.raises(ValueError, match="Alpha"):
        boundaries([1.0], spending="pocock", alpha=0.0)
