"""Optimizers move weights as torch's own do."""

import pytest

pytest.importorskip("torch")

import torch

from training.optimizers import learning_rate, make_optimizers, set_learning_rate
from training.recipe import Optimizer


def test_muon_moves_matrices_of_all_sizes_as_torch_does():
    torch.manual_seed(0)
    sizes = [(16, 16), (48, 16), (16, 16), (16, 48), (48, 16)]
    ours = [torch.nn.Parameter(torch.randn(size)) for size in sizes]
    theirs = [torch.nn.Parameter(matrix.detach().clone()) for matrix in ours]
    [optimizer] = make_optimizers(Optimizer(name="muon", lr=1e-3, weight_decay=0.1), ours)
    oracle = torch.optim.Muon(theirs, lr=1e-2, weight_decay=0.1)
    for _ in range(3):
        for one, other in zip(ours, theirs, strict=True):
            one.grad = torch.randn_like(one)
            other.grad = one.grad.clone()
        optimizer.step()
        oracle.step()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other)


def test_muon_leaves_a_matrix_without_a_gradient_where_it_is():
    moved, still = (torch.nn.Parameter(torch.ones(8, 8)) for _ in "ab")
    [optimizer] = make_optimizers(Optimizer(name="muon", lr=1e-3), [moved, still])
    moved.grad = torch.eye(8)
    optimizer.step()
    assert not torch.equal(moved, torch.ones(8, 8))
    assert torch.equal(still, torch.ones(8, 8))


def test_the_learning_rate_is_that_of_transformers():
    from transformers import get_scheduler

    for name in ("cosine", "linear"):
        recipe = Optimizer(1.0, schedule=name, warmup_steps=3)
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        scheduler = get_scheduler(name, optimizer, num_warmup_steps=3, num_training_steps=20)
        theirs = []
        for _ in range(20):
            theirs.append(scheduler.get_last_lr()[0])
            optimizer.step()
            scheduler.step()
        assert [learning_rate(recipe, step, 20) for step in range(20)] == pytest.approx(theirs)


def test_a_constant_rate_rises_to_its_height_and_stays():
    recipe = Optimizer(1.0, schedule="constant", warmup=0.2)
    assert [learning_rate(recipe, step, 10) for step in range(10)] == [0.0, 0.5] + [1.0] * 8


def test_muon_takes_matrices_at_ten_times_the_rate_and_adamw_the_rest_and_nothing_frozen():
    matrix, vector, frozen = (torch.nn.Parameter(torch.ones(size)) for size in ((4, 4), (4,), (2, 2)))
    frozen.requires_grad = False
    muon, adamw = make_optimizers(Optimizer(name="muon", lr=1e-3), [matrix, vector, frozen])
    assert [group["params"] for group in muon.param_groups] == [[matrix]]
    assert [group["params"] for group in adamw.param_groups] == [[vector]]
    set_learning_rate([muon, adamw], 0.5)
    assert [one.param_groups[0]["lr"] for one in (muon, adamw)] == pytest.approx([5e-3, 5e-4])
