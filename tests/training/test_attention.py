"""Attention: a packed row gives what its documents give alone, and the padded way's gradients."""

import random
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM

from training.attention import VARLEN, flat_row

Document = tuple[list[int], list[bool]]


def documents() -> list[Document]:
    dice = random.Random(3)
    lengths = [5, 23, 1, 11]
    return [
        ([dice.randrange(640) for _ in range(length)], [at >= length // 2 for at in range(length)])
        for length in lengths
    ]


def loss(weights: Any, row_of: list[Document]) -> torch.Tensor:
    row = flat_row(row_of)
    return cross_entropy(weights(**row.inputs()).logits[0], row.targets, reduction="none")


def test_a_packed_row_gives_the_losses_of_its_documents_alone(base: Path):
    weights = AutoModelForCausalLM.from_pretrained(base, attn_implementation=VARLEN)
    with torch.no_grad():
        together = loss(weights, documents())
        alone = torch.cat([loss(weights, [document]) for document in documents()])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)


def test_the_losses_are_those_of_ordinary_attention(base: Path):
    ours = AutoModelForCausalLM.from_pretrained(base, attn_implementation=VARLEN)
    theirs = AutoModelForCausalLM.from_pretrained(base, attn_implementation="sdpa")
    for ids, trained in documents():
        with torch.no_grad():
            labels = torch.tensor([[id_ if flag else -100 for id_, flag in zip(ids, trained, strict=True)]])
            logits = theirs(torch.tensor([ids])).logits[0, :-1]
            expected = cross_entropy(logits, labels[0, 1:], reduction="sum")
            torch.testing.assert_close(loss(ours, [(ids, trained)]).sum(), expected, rtol=1e-5, atol=1e-5)


def test_gradients_are_those_of_a_padded_batch(base: Path):
    ours = AutoModelForCausalLM.from_pretrained(base, attn_implementation=VARLEN)
    (loss(ours, documents()).sum() / 10).backward()

    theirs = AutoModelForCausalLM.from_pretrained(base, attn_implementation="sdpa")
    longest = max(len(ids) for ids, _ in documents())
    ids = torch.tensor([ids + [0] * (longest - len(ids)) for ids, _ in documents()])
    labels = torch.tensor(
        [
            [id_ if flag and at else -100 for at, (id_, flag) in enumerate(zip(ids, flags, strict=True))]
            + [-100] * (longest - len(ids))
            for ids, flags in documents()
        ]
    )
    mask = torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids, _ in documents()])
    logits = theirs(ids, attention_mask=mask).logits[:, :-1]
    (cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100, reduction="sum") / 10).backward()

    expected = dict(theirs.named_parameters())
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, expected[name].grad, rtol=1e-4, atol=1e-6)


def test_the_first_token_of_a_document_is_never_predicted_from_the_one_before():
    row = flat_row([([1, 2], [True, True]), ([3, 4], [True, True])])
    assert row.predicting.tolist() == [0, 2]
    assert row.targets.tolist() == [2, 4]
