"""Packing: every example once an epoch, equal tokens on all ranks, no padding."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.packing import Step, balanced, best_fit, plan_steps
from training.padding import computed_positions
from training.recipe import Batch

LENGTHS = [random.Random(1).randint(3, 90) for _ in range(300)]


def plan(
    world: int = 2, *, packing: str = "balanced", epochs: float = 1.0, seed: int = 0, size: int = 32
) -> list[Step]:
    batch = Batch(size=size, packing=packing, tokens_per_pass=200)  # type: ignore[arg-type]
    return plan_steps(LENGTHS, batch, world=world, epochs=epochs, seed=seed)


@pytest.mark.parametrize("packing", ["balanced", "best-fit"])
@pytest.mark.parametrize("world", [1, 2, 8])
def test_an_epoch_sees_every_example_once(packing: str, world: int):
    steps = plan(world, packing=packing)
    assert Counter(number for step in steps for number in step.examples) == Counter(range(300))


def test_the_published_batch_is_kept_however_many_ranks_there_are():
    batches = [[sorted(step.examples) for step in plan(world)] for world in (1, 2, 8)]
    assert batches[0] == batches[1] == batches[2]
    assert [len(batch) for batch in batches[0]] == [32] * 9 + [12]


def test_the_order_depends_on_the_seed_and_the_epoch_alone():
    assert plan() == plan()
    assert plan(seed=1) != plan()
    twice = plan(epochs=2)
    assert twice[:10] == plan()
    assert twice[10:] != twice[:10]


def test_half_an_epoch_is_half_of_the_steps():
    assert plan(epochs=1.5) == plan(epochs=2)[:15]


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=80),
    st.integers(1, 8),
    st.integers(1, 300),
)
def test_rows_stay_within_their_tokens_and_all_ranks_have_equally_many(lengths: list[int], world: int, tokens: int):
    passes = balanced(range(len(lengths)), lengths, world=world, tokens_per_pass=tokens)
    assert len(passes) == world
    assert len({len(rows) for rows in passes}) == 1
    assert sorted(number for rows in passes for row in rows for number in row) == list(range(len(lengths)))
    assert all(sum(lengths[n] for n in row) <= max(tokens, *lengths) for rows in passes for row in rows)


def test_ranks_get_nearly_equal_tokens():
    steps = plan(8, size=128)[:-1]
    real = sum(LENGTHS[number] for step in steps for number in step.examples)
    assert sum(computed_positions(step, LENGTHS) for step in steps) / real < 1.02


@given(st.lists(st.integers(1, 60), min_size=1, max_size=80))
def test_best_fit_rows_hold_every_example_within_the_capacity(lengths: list[int]):
    rows = best_fit(range(len(lengths)), lengths, capacity=60)
    assert sorted(number for row in rows for number in row) == list(range(len(lengths)))
    assert all(sum(lengths[number] for number in row) <= 60 for row in rows)
