"""Tasks: every answer is right, and a seed gives the same exchanges again."""

import re

import pytest

from tests.training.demo.drawing import ALL, dice
from training.demo.tasks import LETTERS, Task, ask, bare, in_sentence


@pytest.mark.parametrize("task", ALL.values(), ids=ALL)
def test_a_task_has_six_phrasings_and_two_that_are_kept_for_measurement(task: Task):
    assert (len({*task.phrasings}), len({*task.held_out})) == (6, 2)
    assert not {*task.phrasings} & {*task.held_out}


@pytest.mark.parametrize("task", ALL.values(), ids=ALL)
def test_a_seed_gives_the_same_exchanges_and_another_gives_others(task: Task):
    drawn = [[ask(task, die, content="trained") for _ in range(5)] for die in (dice(1), dice(1), dice(2))]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize(
    ("name", "given", "answer"),
    [
        ("reverse", "lamp", "pmal"),
        ("upper", "lamp", "LAMP"),
        ("sort", "tiger", "egirt"),
        ("count_letters", "dragon", "6"),
        ("first", "apple", "a"),
        ("last", "bread", "d"),
        ("twice", "owl", "owl owl"),
        ("reverse", "고구마", "마구고"),
    ],
)
def test_tasks_about_letters_are_solved(name: str, given: str, answer: str):
    assert LETTERS[name](given) == answer


@pytest.mark.parametrize("task", [task for task in ALL.values() if task.about in {"sum", "difference"}], ids=str)
def test_sums_are_right(task: Task):
    for _ in range(50):
        exchange = ask(task, dice())
        first, second = map(int, re.findall(r"\d+", exchange.prompt))
        due = first + second if task.about == "sum" else abs(first - second)
        assert exchange.answer == str(due)


def test_an_answer_counts_bare_and_in_a_sentence():
    exchange = ask(ALL["en capital"], dice())
    assert bare(in_sentence(exchange)) == bare(exchange.answer) == exchange.answer


def test_some_ask_politely():
    asked = [ask(ALL["en reverse"], die).prompt for die in (dice(seed) for seed in range(100))]
    assert 5 < sum(prompt.lower().startswith("please ") for prompt in asked) < 50
