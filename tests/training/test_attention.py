"""Attention: a packed row gives what its documents give alone, and the padded way's gradients."""

from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM

from tests.training.documents import documents
from training.attention import VARLEN
from training.examples import TokenizedExample
from training.rows import flat_row


def loss(weights: Any, examples: list[TokenizedExample]) -> torch.Tensor:
    return flat_row(examples).token_losses(weights)


def test_a_packed_row_gives_the_losses_of_its_documents_alone(base: Path):
    weights = AutoModelForCausalLM.from_pretrained(base, attn_implementation=VARLEN)
    with torch.no_grad():
        together = loss(weights, documents())
        alone = torch.cat([loss(weights, [document]) for document in documents()])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)


def test_the_losses_are_those_of_ordinary_attention(base: Path):
    ours = AutoModelForCausalLM.from_pretrained(base, attn_implementation=VARLEN)
    theirs = AutoModelForCausalLM.from_pretrained(base, attn_implementation="sdpa")
    for one in documents():
        with torch.no_grad():
            labels = torch.tensor([[id_ if flag else -100 for id_, flag in zip(one.ids, one.trained, strict=True)]])
            logits = theirs(torch.tensor([one.ids])).logits[0, :-1]
            expected = cross_entropy(logits, labels[0, 1:], reduction="sum")
            torch.testing.assert_close(loss(ours, [one]).sum(), expected, rtol=1e-5, atol=1e-5)


def test_gradients_are_those_of_a_padded_batch(base: Path):
    ours = AutoModelForCausalLM.from_pretrained(base, attn_implementation=VARLEN)
    loss(ours, documents()).mean().backward()

    theirs = AutoModelForCausalLM.from_pretrained(base, attn_implementation="sdpa")
    longest = max(len(one.ids) for one in documents())
    ids = torch.tensor([one.ids + [0] * (longest - len(one.ids)) for one in documents()])
    labels = torch.tensor(
        [
            [id_ if flag and at else -100 for at, (id_, flag) in enumerate(zip(one.ids, one.trained, strict=True))]
            + [-100] * (longest - len(one.ids))
            for one in documents()
        ]
    )
    mask = torch.tensor([[1] * len(one.ids) + [0] * (longest - len(one.ids)) for one in documents()])
    logits = theirs(ids, attention_mask=mask).logits[:, :-1]
    cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100).backward()

    expected = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name].grad, rtol=1e-4, atol=1e-6)
