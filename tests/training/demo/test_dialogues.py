"""Dialogues: each follow-up asks about the answer before it."""

from tests.training.demo.drawing import dice
from training.demo.dialogues import LONGEST, dialogue
from training.demo.tasks import LETTERS


def test_a_follow_up_is_about_the_answer_before_it():
    for seed in range(50):
        first, *rest = dialogue(dice(seed))
        answer = first.answer
        for exchange in rest:
            assert exchange.answer == LETTERS[exchange.task.name](answer)
            answer = exchange.answer


def test_a_dialogue_ends_with_an_answer_that_nothing_can_be_asked_about():
    drawn = [dialogue(dice(seed)) for seed in range(200)]
    assert {len(exchanges) for exchanges in drawn} == set(range(2, LONGEST + 1))
    for exchanges in drawn:
        assert all(len(one.answer) > 1 and " " not in one.answer for one in exchanges[:-1])
