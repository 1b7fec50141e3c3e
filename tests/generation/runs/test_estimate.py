"""Estimates against what a run then took: within 15 % before the first request, within 3 % after 50."""

import asyncio
import json
import random
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from generation.asking.budget import Budget
from generation.asking.journal import Journal
from generation.asking.stopping import Reason
from generation.candidates.harvest import Harvest
from generation.prices import Price
from generation.recipe import load_recipe, recipe_path
from generation.runs.estimate import Estimator, RunEstimate
from generation.runs.run_folder import RunFolder, source_path
from generation.runs.session import replay
from tests.generation.conftest import MakeRecipe, run_here
from tests.generation.teacher import numbered_tasks, tokens

PRICE = {"input": 0.15, "output": 0.6}
# What is known of this teacher: how long its answers are, and that 17 % of its 16 tasks are not kept.
ANSWERS = [numbered_tasks(random.Random(number), 4, 20) for number in range(30)]
EXPECT = {"output_tokens": fmean(map(tokens, ANSWERS)), "kept": [12, 16 * 0.83, 15]}


def of_run(folder: RunFolder) -> RunEstimate:
    with Journal(folder.journal) as journal:
        run = asyncio.run(replay(folder, journal))
    return Estimator(folder.recipe, folder.source).estimate(run.harvest, run.asking.budget)


def test_the_estimate_holds_before_and_during_a_run(tmp_path: Path, recipe_for: MakeRecipe):
    recipe = recipe_for(price=PRICE, expect=EXPECT, stop={"target": 1800, "max_requests": 50})
    folder = RunFolder.create(tmp_path / "run", recipe)
    before = Estimator(recipe, folder.source).estimate(Harvest(), Budget(recipe.stop, recipe.price)).middle
    assert run_here(folder).reason is Reason.REQUESTS
    during = of_run(folder)
    folder = folder.save(replace(recipe, stop=replace(recipe.stop, max_requests=None)))
    assert run_here(folder).reason is Reason.TARGET
    cost = json.loads((folder.path / "summary.json").read_text())["cost_usd"]
    assert before.cost == pytest.approx(cost, rel=0.15)
    assert during.middle.cost == pytest.approx(cost, rel=0.03)
    low, middle, high = (forecast.cost or 0 for forecast in (during.low, during.middle, during.high))
    assert 0 < low < middle < high


def test_a_finished_run_costs_what_it_has_cost(tmp_path: Path, recipe_for: MakeRecipe):
    folder = RunFolder.create(tmp_path / "run", recipe_for(price=PRICE))
    run_here(folder)
    cost = json.loads((folder.path / "summary.json").read_text())["cost_usd"]
    assert of_run(folder).middle.cost == pytest.approx(cost)
    assert of_run(folder).middle.hours == 0


def test_self_instruct_is_estimated_with_all_its_steps():
    recipe = load_recipe(recipe_path("self_instruct"), changes={"stop": {"target": 1000}})
    estimate = Estimator(recipe, source_path(recipe)).estimate(Harvest(), Budget(recipe.stop, Price(1.0, 1.0)))
    assert estimate.middle.requests == pytest.approx(1000 / 4 + 2 * 1000)
    assert estimate.low.requests == pytest.approx(1000 / 6 + 2 * 1000)
    assert estimate.middle.batch_cost is None


def test_batch_files_cost_half_where_nothing_is_fed_back():
    recipe = load_recipe(recipe_path("alpaca"))
    budget = Budget(recipe.stop, recipe.effective_price())
    middle = Estimator(recipe, source_path(recipe)).estimate(Harvest(), budget).middle
    assert middle.cost
    assert middle.batch_cost == pytest.approx(middle.cost / 2, rel=0.01)


def test_limits_a_minute_stretch_the_time():
    changes = {"stop": {"target": 12_000}, "endpoint": {"requests_per_minute": 10}}
    recipe = load_recipe(recipe_path("alpaca"), changes=changes)
    estimate = Estimator(recipe, source_path(recipe)).estimate(Harvest(), Budget(recipe.stop, None))
    assert estimate.middle.hours == pytest.approx(1000 / 10 / 60)
    assert estimate.middle.cost is None
