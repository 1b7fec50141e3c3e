"""Task inputs: nothing that is measured was trained."""

import random

import pytest

from tests.training.demo.drawing import dice
from training.demo.task_inputs import Language, facts, numbers, real_words, terms, word, words


def test_words_of_measurement_are_never_trained():
    die = dice()
    for language in ("en", "ko"):
        drawn = {word(language, "trained", die) for _ in range(3000)}
        assert not drawn & {*real_words(language)}


def test_numbers_of_measurement_are_never_trained():
    die = dice()
    assert not {terms("trained", die) for _ in range(4000)} & {terms("held_out", die) for _ in range(400)}
    assert not {tuple(sorted(numbers("trained", die))) for _ in range(2000)} & {
        tuple(sorted(numbers("held_out", die))) for _ in range(2000)
    }


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_seed_draws_the_same_words_again_and_real_ones_only_for_measurement(language: Language):
    assert words(language, "trained", random.Random(3)) == words(language, "trained", random.Random(3))
    assert {*words(language, "held_out", dice())} <= {*real_words(language)}


def test_an_opposite_is_known_in_both_directions_and_a_capital_in_one():
    qualities, countries = facts("en", "quality"), facts("en", "country")
    assert all(qualities[opposite] == quality for quality, opposite in qualities.items())
    assert not {*countries} & {*countries.values()}
