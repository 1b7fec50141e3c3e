"""The energy of a reply: a range by the formula of EcoLogits, with its assumptions."""

import math

import pytest

from arena.contenders.energy import assumptions_of, energy_of, gpus_for


def test_energy_is_ecologits_formula_at_both_ends():
    found = energy_of({"active_params_b": 7}, tokens=300, seconds=5)
    assert found
    gpu = 300 * (1.17e-6 * math.exp(-0.0112 * 64) * 7 + 4.05e-5)
    assert found.low == pytest.approx(1.2 * (gpu + 5 / 3600 * 1200 / 8 / 64))
    assert found.low < found.high


def test_a_range_of_sizes_widens_the_range_of_energy():
    narrow = energy_of({"active_params_b": 20}, tokens=300, seconds=5)
    wide = energy_of({"active_params_b": [10, 400]}, tokens=300, seconds=5)
    assert narrow
    assert wide
    assert wide.low < narrow.low < narrow.high < wide.high


@pytest.mark.parametrize(("billions", "bits", "gpus"), [(7, 16, 1), (70, 16, 4), (70, 4, 1), (405, 16, 16)])
def test_gpus_come_in_powers_of_two(billions: float, bits: int, gpus: int):
    assert gpus_for(billions, bits=bits) == gpus


def test_the_assumptions_are_told():
    assert "8 to 22 billion" in assumptions_of({"active_params_b": [8, 22], "pue": 1.4})
    assert "PUE 1.4" in assumptions_of({"active_params_b": [8, 22], "pue": 1.4})
