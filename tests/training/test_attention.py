"""Attention: a packed row gives what its documents give alone, and the padded way's gradients."""

import random
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM

from training.attention import VARLEN
from training.examples import TokenizedExample
from training.rows import flat_row


def documents() -> list[TokenizedExample]:
    """Documents of several lengths; of which some begin alike, and one is the beginning of another."""
    dice = random.Random(3)
    preamble, prompt = ([dice.randrange(640) for _ in range(length)] for length in (14, 10))
    rest = [[dice.randrange(640) for _ in range(length)] for length in (5, 23, 1, 11, 7)]
    beginnings = [[], [*preamble, *prompt], [], preamble, [*preamble, *prompt]]
    ids = [[*begun, *ending] for begun, ending in zip(beginnings, rest, strict=True)]
    ids.append(ids[1][:-4])
    return [TokenizedExample(one, [at >= len(one) // 2 for at in range(len(one))], "") for one in ids]


def loss(weights: Any, examples: list[TokenizedExample]) -> torch.Tensor:
    return flat_row(examples).token_losses(weights)


def test_a_packed_row_gives_the_losses_of_its_documents_alone(base: Path):
    weights = AutoModelForCausalLM.from_pretrained(base, attn_implementation=VARLEN)
    with torch.no_grad():
        together = loss(weights, documents())
        alone = torch.cat([loss(weights, [document]) for document in documents()])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)


def test_what_documents_begin_with_in_common_is_computed_once():
    row = flat_row(documents())
    tokens = sum(len(document.ids) for document in documents())
    # The preamble thrice and the prompt twice; of the last document, all of it.
    assert row.input_ids.shape[1] == tokens - 2 * 14 - 10 - len(documents()[-1].ids)
    assert row.layout.lengths == [len(document.ids) for document in documents()]
    assert row.layout.written_out(row.input_ids, dim=1)[0].tolist() == [id_ for one in documents() for id_ in one.ids]


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


def test_the_first_token_of_a_document_is_never_predicted_from_the_one_before():
    row = flat_row([TokenizedExample([1, 2], [True, True], ""), TokenizedExample([3, 4], [True, True], "")])
    assert row.predicting.tolist() == [0, 2]
    assert row.targets.tolist() == [2, 4]
