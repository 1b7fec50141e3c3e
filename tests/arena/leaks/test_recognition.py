import numpy as np
import pytest
from scipy import sparse

from arena.leaks.recognition import CHANCE, recognise

WRITERS = ["one", "two", "three"] * 60
PROMPTS = [f"prompt {number // 3}" for number in range(180)]


def features(effect: float, *, seed: int = 1) -> sparse.csr_array:
    """Noise, to which each writer's own habit is added."""
    random = np.random.default_rng(seed)
    habits = {"one": [1, 0, 0, 0], "two": [0, 1, 0, 0], "three": [0, 0, 1, 0]}
    return sparse.csr_array(random.normal(size=(180, 4)) + effect * np.array([habits[writer] for writer in WRITERS]))


def test_writers_with_habits_are_recognised():
    found = recognise(features(6), WRITERS, PROMPTS)
    assert {name: round(one.share, 1) for name, one in found.items()} == {"one": 1.0, "two": 1.0, "three": 1.0}
    assert all(one.lower > 0.9 and (one.replies, one.others) == (60, 120) for one in found.values())


@pytest.mark.parametrize("seed", range(4))
def test_writers_without_habits_are_recognised_by_chance(seed: int):
    found = recognise(features(0, seed=seed), WRITERS, PROMPTS)
    assert all(one.lower - 0.03 < CHANCE < one.upper + 0.03 for one in found.values())


def test_the_more_habit_the_better():
    shares = [recognise(features(effect), WRITERS, PROMPTS)["one"].share for effect in (0.5, 1.5, 4)]
    assert shares == sorted(shares)


def test_what_is_learned_of_a_prompt_does_not_count_on_that_prompt():
    """Each prompt is answered in words of its own, so there is nothing to learn for others."""
    one_hot = sparse.csr_array(np.repeat(np.eye(60), 3, axis=0))
    found = recognise(one_hot, WRITERS, PROMPTS)
    assert all(abs(one.share - CHANCE) < 0.05 for one in found.values())
    by_writer_and_prompt = sparse.csr_array(np.eye(180))
    assert all(abs(one.share - CHANCE) < 0.05 for one in recognise(by_writer_and_prompt, WRITERS, PROMPTS).values())


def test_the_same_replies_give_the_same_figures():
    assert recognise(features(1), WRITERS, PROMPTS) == recognise(features(1), WRITERS, PROMPTS)
