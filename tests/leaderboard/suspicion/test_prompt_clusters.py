"""Prompts that are nearly the same are found."""

import random

from leaderboard.suspicion.prompt_clusters import PromptClusters

PROMPT = (
    "Write a short story about a lighthouse keeper who finds a letter in a bottle and decides to answer it, "
    "although nobody has come to the island for many years and the sea is rough this winter"
)


def numbers(*prompts: str) -> list[int]:
    clusters = PromptClusters()
    return [clusters.number(prompt, new=place) for place, prompt in enumerate(prompts)]


def test_spelling_and_spaces_make_no_new_prompt():
    assert numbers("What is love?", "  what is   LOVE", "What is life?") == [0, 0, 2]


def test_one_changed_word_in_a_long_prompt_makes_no_new_prompt():
    changed = PROMPT.split()
    changed[14] = "box"
    assert numbers(PROMPT, " ".join(changed), PROMPT + " please") == [0, 0, 0]


def test_short_prompts_are_the_same_only_if_they_are_equal():
    assert numbers("Say hello to Ann", "Say hello to Bob") == [0, 1]


def test_different_prompts_stay_apart():
    rng = random.Random(1)
    vocabulary = [f"word{number}" for number in range(400)]
    prompts = [" ".join(rng.choices(vocabulary, k=15)) for _ in range(300)]
    assert len(set(numbers(*prompts))) == 300


def test_texts_without_words_are_told_apart():
    assert numbers("???", "!!!", "???", "\ud800") == [0, 1, 0, 3]
