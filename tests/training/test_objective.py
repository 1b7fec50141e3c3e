"""Imitation: which examples are trained on, and what their loss is divided by."""

import pytest

from tests.training.conftest import Runs, log_of, losses, record_of
from training.errors import TrainingError
from training.examples import Reading, TokenizedExample
from training.objective import Imitation

READING = Reading([TokenizedExample(list(range(length)), [False] + [True] * (length - 1), "") for length in (5, 3, 9)])


def test_examples_held_out_are_only_measured(runs: Runs):
    run = runs.here("held-out", "held_out=4", "epochs=1.0")
    assert record_of(run)["verdict"]["held_out_loss"] > 0
    assert sum(row["tokens"] for row in log_of(run)) < record_of(run)["counts"]["tokens"]


def test_the_last_examples_are_held_out_so_that_the_order_of_the_others_stays():
    objective = Imitation(READING, held_out=1)
    assert objective.lengths == [5, 3]
    assert [[len(example.ids) for example in item] for item in objective.held_out] == [[9]]


def test_a_loss_is_divided_by_the_learned_tokens_of_its_own_examples():
    objective = Imitation(READING, held_out=0)
    assert objective.weight([0, 2]) == 4 + 8
    assert len(objective.shortest().ids) == 3


@pytest.mark.parametrize("held_out", [3, 4])
def test_nothing_left_to_train_on_is_refused(held_out: int):
    with pytest.raises(TrainingError, match=f"held_out is {held_out}, and there are 3 examples"):
        Imitation(READING, held_out=held_out)


def test_without_held_out_examples_nothing_is_claimed(runs: Runs):
    run = runs.here("all", "epochs=0.5")
    assert losses(run)
    assert record_of(run)["verdict"] == {}
