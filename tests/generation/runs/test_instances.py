"""Self-Instruct's third step: which worked cases of a task are kept, by the published rules."""

from generation.candidates.parsing import Candidate
from generation.dataset import Example
from generation.recipe import load_recipe, recipe_path
from generation.runs.instances import judge_instances

RECIPE = load_recipe(recipe_path("self_instruct"))


def fates(*cases: tuple[str, str], cut: bool = False) -> list[str | None]:
    candidates = [Candidate(Example("Name what it is.", *case)) for case in cases]
    if cut:
        candidates[-1] = Candidate(candidates[-1].example, "truncated")
    return [fate.reason for fate in judge_instances(candidates, "instance/0", RECIPE)]


def test_sound_cases_are_kept():
    assert fates(("a rose", "a flower"), ("an oak", "a tree")) == [None, None]


def test_cases_without_substance_are_not():
    assert fates(("a rose", ""), ("an oak", "an oak"), ("the rest:", "x"), ("a fir", "these are:")) == [
        "empty_output",
        "same_in_out",
        "ends_open",
        "ends_open",
    ]


def test_one_input_with_two_outputs_brings_all_cases_into_doubt():
    assert fates(("a rose", "a flower"), ("a rose", "a thorn"), ("an oak", "a tree")) == ["contradictory"] * 3


def test_two_outputs_without_an_input_are_two_ways_to_answer():
    assert fates(("", "a flower"), ("", "a tree")) == [None, None]


def test_a_case_counts_once_and_five_are_enough():
    assert fates(("a rose", "a flower"), ("a rose", "a flower")) == [None, "repeated"]
    assert fates(*[(str(number), f"number {number}") for number in range(6)]) == [None] * 5 + ["surplus"]


def test_a_cut_case_is_not_kept():
    assert fates(("a rose", "a flower"), ("an oak", "a tr"), cut=True) == [None, "truncated"]
