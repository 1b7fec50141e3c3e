"""Optimizers move weights as torch's own do."""

import pytest

pytest.importorskip("torch")

import torch

from training.optimizers import make_optimizers
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
