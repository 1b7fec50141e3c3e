"""Recipes: those that ship, and what a wrong one is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from generation.declared_tables import build
from generation.errors import BadInput
from generation.instruction_prompts import load_prompt
from generation.prices import Price
from generation.recipe import RECIPES, GenerationRecipe, load_recipe, recipe_path
from generation.toml_tables import parse_toml, toml_text

WRONG = """
method = "alpacca"
seeds = "en"

[teacher]
modle = "gpt-4o-mini"

[prompt]
name = "alpaca_v1"
tasks = 3
examples = 3

[sampling]
temprature = 1.0
stop = "20."
max_tokens = 1.5

[stop]
target = 0
max_cost = "ten"
"""


@pytest.mark.parametrize("name", sorted(path.stem for path in RECIPES.glob("*.toml")))
def test_every_shipped_recipe_loads_and_names_prompts_that_exist(name: str):
    recipe = load_recipe(recipe_path(name))
    assert recipe.about
    assert all(load_prompt(prompt).text for prompt in recipe.prompt_names)


@pytest.mark.parametrize("name", sorted(path.stem for path in RECIPES.glob("*.toml")))
def test_a_resolved_recipe_is_read_back_the_same(name: str):
    recipe = load_recipe(recipe_path(name))
    assert build(GenerationRecipe, parse_toml(toml_text(recipe), name="written"), name="written") == recipe


def test_the_alpaca_recipe_has_the_published_constants():
    recipe = load_recipe(recipe_path("alpaca"))
    assert recipe.prompt
    assert (recipe.prompt.tasks, recipe.prompt.examples, recipe.prompt.machine_examples) == (20, 3, 0)
    sampling = recipe.sampling
    assert (sampling.temperature, sampling.top_p, sampling.max_tokens) == (1.0, 1.0, 3072)
    assert sampling.stop == ("\n20", "20.", "20.")
    assert sampling.logit_bias == {"50256": -100}
    assert (recipe.filters.profile, recipe.filters.threshold, recipe.stop.target) == ("alpaca", 0.7, 52_000)


def test_the_self_instruct_recipe_has_the_published_constants():
    recipe = load_recipe(recipe_path("self_instruct"))
    assert recipe.prompt
    assert recipe.classification
    assert recipe.instances
    assert (recipe.prompt.examples, recipe.prompt.machine_examples) == (8, 2)
    assert (recipe.sampling.temperature, recipe.sampling.top_p, recipe.sampling.presence_penalty) == (0.7, 0.5, 2.0)
    assert (recipe.sampling.max_tokens, recipe.sampling.frequency_penalty) == (1024, 0.0)
    assert (recipe.classification.sampling.max_tokens, recipe.classification.sampling.temperature) == (3, 0.0)
    assert (recipe.instances.sampling.max_tokens, recipe.instances.sampling.presence_penalty) == (300, 1.5)
    assert recipe.instances.keep == 5
    shots = load_prompt(recipe.classification.prompt).text
    assert (shots.count("classification? Yes"), shots.count("classification? No")) == (12, 19)


def test_every_fault_of_a_recipe_is_told_at_once_with_the_closest_key(tmp_path: Path):
    path = tmp_path / "wrong.toml"
    path.write_text(WRONG)
    with pytest.raises(BadInput) as raised:
        load_recipe(path)
    told = "\n".join(raised.value.faults)
    assert "method: must be `alpaca`, `self_instruct` or `distill`; did you mean `alpaca`?" in told
    assert "wrong.toml:6: teacher.modle: is not a key here; did you mean `model`?" in told
    assert "teacher.model: is missing" in told
    assert "sampling.temprature: is not a key here; did you mean `temperature`?" in told
    assert "sampling.stop: must be a list of texts" in told
    assert "sampling.max_tokens: must be a whole number from 1, not 1.5" in told
    assert "prompt.tasks: must exceed examples" in told
    assert "stop.max_cost: must be a number above 0" in told
    assert "wrong.toml:3: seeds: is not a key here" in told


def test_a_number_that_breaks_the_rule_of_its_field_is_told_with_the_rule():
    changes = {"stop": {"max_cost": -2, "plateau": 1}, "endpoint": {"concurrency": 0}, "filters": {"threshold": 1.5}}
    with pytest.raises(BadInput) as raised:
        load_recipe(recipe_path("alpaca"), changes=changes)
    assert set(raised.value.faults) == {
        "stop.max_cost: must be a number above 0, not -2",
        "stop.plateau: must be a number from 0 to below 1, not 1",
        "endpoint.concurrency: must be a whole number from 1, not 0",
        "filters.threshold: must be a number above 0 and at most 1, not 1.5",
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('method = "alpaca"\n[teacher', "not valid TOML"),
        ('method = "self_instruct"\n[teacher]\nmodel = "m"\n[sampling]\n', "instances: is missing"),
        ('method = "distill"\nteacher = "m"\n[sampling]\n', "teacher: must be a table"),
    ],
)
def test_a_recipe_that_cannot_be_is_told_why(tmp_path: Path, text: str, sentence: str):
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(BadInput, match=sentence):
        load_recipe(path)


def test_an_unknown_recipe_names_those_that_ship():
    with pytest.raises(BadInput) as raised:
        recipe_path("alpacca")
    assert raised.value.hint
    assert "alpaca, demo, distill, ko, self_instruct" in raised.value.hint


def test_the_identity_covers_what_decides_the_examples_and_nothing_else():
    recipe = load_recipe(recipe_path("alpaca"))
    assert recipe.prompt
    same = replace(
        recipe,
        about="other",
        endpoint=replace(recipe.endpoint, concurrency=99),
        stop=replace(recipe.stop, target=5),
        price=Price(1, 2),
    )
    others = [
        replace(recipe, seed=43),
        replace(recipe, teacher=replace(recipe.teacher, model="other")),
        replace(recipe, prompt=replace(recipe.prompt, machine_examples=1)),
        replace(recipe, sampling=replace(recipe.sampling, temperature=0.5)),
        replace(recipe, filters=replace(recipe.filters, threshold=0.8)),
    ]
    identity = recipe.identity(b"tasks")
    assert same.identity(b"tasks") == identity
    assert len({identity, recipe.identity(b"other"), *(other.identity(b"tasks") for other in others)}) == 7
