"""A short run of benchmarks/attacks.py: an attack of each kind in one world, and the bars that it is held to."""

import pytest

from benchmarks.attack_world import World
from benchmarks.attacks import TRIALS, run_trial

BY_NAME = {trial.name: trial for trial in TRIALS}


@pytest.mark.parametrize(
    "name",
    [
        "none, 100 students behind one address",
        "targeted 20×50",
        "burst 200×5, 20 prompts",
        "framing a rival: clumsy burst for it",
    ],
)
def test_an_attack_meets_the_detectors(name: str):
    trial = BY_NAME[name]
    outcome = run_trial(trial, World(), seed=77)
    assert [words for words, holds in trial.bars.items() if not holds([outcome])] == []
    assert abs(outcome.undefended) > 80 or not trial.attack


@pytest.mark.slow
@pytest.mark.parametrize("trial", TRIALS, ids=lambda trial: trial.name)
def test_every_attack_meets_its_bars_in_worlds_that_nothing_was_tried_on(trial):
    outcomes = [run_trial(trial, World(), seed) for seed in range(31_000, 31_004)]
    assert [words for words, holds in trial.bars.items() if not holds(outcomes)] == []
