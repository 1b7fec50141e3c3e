"""Budgets: money is reserved at its most, settled at what it was, and never passes the limit."""

import pytest

from generation.asking.budget import Budget
from generation.asking.journal import Answer
from generation.asking.stopping import Reason, Stopped
from generation.conversation import Usage
from generation.prices import Price
from generation.recipe import StopRules

DOLLAR_A_TOKEN = Price(input=1e6, output=1e6, cached=0.5e6, batch=0.5)


def answer(prompt: int, output: int, *, cached: int = 0, batch: bool = False) -> Answer:
    return Answer("Yes.", "stop", Usage(prompt, output, cached), batch=batch)


def test_a_reservation_leaves_room_for_a_prompt_that_was_counted_a_fifth_too_low():
    assert Budget(StopRules(), DOLLAR_A_TOKEN).highest_cost(100, 10) == 120 + 10


def test_answers_are_counted_by_step_at_what_they_were_billed():
    budget = Budget(StopRules(), DOLLAR_A_TOKEN)
    budget.settle("task", answer(10, 5, cached=4))
    budget.settle("task", answer(10, 5, batch=True))
    budget.settle("instance", answer(1, 1))
    task = budget.steps["task"]
    assert (task.requests, task.prompt_tokens, task.output_tokens, task.cached_tokens) == (2, 20, 10, 4)
    assert task.cost == pytest.approx((6 + 2 + 5) + 15 / 2)
    assert (budget.requests, budget.cost) == (3, pytest.approx(task.cost + 2))


def test_a_request_waits_while_those_in_flight_could_turn_out_cheaper_and_is_refused_after_them():
    budget = Budget(StopRules(max_cost=10.0), DOLLAR_A_TOKEN)
    assert budget.admits(6, now=0)
    budget.reserve(6)
    assert not budget.admits(6, now=0)
    budget.release(6)
    budget.settle("task", answer(2, 1))
    assert budget.admits(6, now=0), "it cost 3 where 6 were reserved"
    budget.settle("task", answer(2, 1))
    with pytest.raises(Stopped) as stopped:
        budget.admits(6, now=0)
    assert stopped.value.reason is Reason.COST


def test_an_answer_is_expected_to_be_as_long_as_those_of_its_step_and_at_first_as_long_as_it_may():
    budget = Budget(StopRules(), None)
    budget.settle("task", answer(1, 30))
    budget.settle("task", answer(1, 50))
    assert budget.expected_output("task", 1000) == 40
    assert budget.expected_output("instance", 1000) == 1000


def test_without_a_price_nothing_costs_anything():
    budget = Budget(StopRules(), None)
    budget.settle("task", answer(1000, 1000))
    assert (budget.highest_cost(1000, 1000), budget.cost) == (0, 0)
