"""Rows: several documents in one forward pass, without padding, where a beginning that they share is computed once.

A causal language model computes the same values for the same beginning. Documents that share their first tokens (the
preamble of a prompt format, or the prompt of two replies) therefore go through the layers as a tree of segments:

    documents  A B C    A B D    E          row       A B  C  D  E
    segments   [0 1]    [0 2]    [3]        segments  0    1  2  3

Only attention needs whole documents; the `Layout` says how to put them together from segments. Losses and gradients
equal those of the documents computed one by one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch.nn.functional import cross_entropy

from training.examples import TokenizedExample

LEAST_SHARED = 8  # tokens; sharing a shorter beginning costs more than it saves


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the documents of a row are.

    Attributes:
        segments: how many tokens each segment has, in the order of the row.
        documents: for each document, the numbers of its segments in order.
        ends: where documents begin and end when they are written out one after another, [documents + 1].
    """

    segments: list[int]
    documents: list[list[int]]
    ends: torch.Tensor

    @property
    def lengths(self) -> list[int]:
        """How many tokens each document has."""
        return [sum(self.segments[segment] for segment in document) for document in self.documents]

    def written_out(self, row: torch.Tensor, *, dim: int) -> torch.Tensor:
        """Return whole documents one after another, from a row's values along `dim`; shared segments are repeated."""
        parts = row.split(self.segments, dim=dim)
        return torch.cat([parts[segment] for document in self.documents for segment in document], dim=dim)

    def folded(self, documents: torch.Tensor, *, dim: int) -> torch.Tensor:
        """Undo `written_out`: return the row; a shared segment takes the values of the first document that has it."""
        order = [segment for document in self.documents for segment in document]
        parts = documents.split([self.segments[segment] for segment in order], dim=dim)
        first = dict(reversed(list(zip(order, parts, strict=True))))
        return torch.cat([first[segment] for segment in range(len(self.segments))], dim=dim)


@dataclass(frozen=True, slots=True)
class Row:
    """The input of one forward pass.

    Attributes:
        input_ids: the segments' tokens, [1, tokens].
        position_ids: the place of each token in its document, [1, tokens].
        layout: where the documents are.
        predicting: the positions in the row whose next token is learned, document by document, [trained].
        targets: these next tokens, [trained].
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    layout: Layout
    predicting: torch.Tensor
    targets: torch.Tensor

    def token_losses(self, weights: Any) -> torch.Tensor:
        """Return the cross-entropy of each learned token in nats, [trained]; the output head skips all others."""
        logits = weights(
            input_ids=self.input_ids,
            position_ids=self.position_ids,
            layout=self.layout,
            logits_to_keep=self.predicting,
            use_cache=False,
        ).logits[0]
        return cross_entropy(logits.float(), self.targets, reduction="none")


def flat_row(examples: Sequence[TokenizedExample], *, device: torch.device | str = "cpu") -> Row:
    """Return examples as one row. The first token of an example is never learned: no token comes before it."""
    documents = [example.ids for example in examples]
    # Sorted, documents with the longest shared beginnings are neighbours, and what the first and the last of a group
    # share is shared by all of the group.
    segments = list(_segments(documents, sorted(range(len(documents)), key=documents.__getitem__), 0))
    ids = torch.tensor([id_ for segment in segments for id_ in documents[segment.of[0]][segment.start : segment.end]])
    positions = torch.cat([torch.arange(segment.start, segment.end) for segment in segments])
    paths: list[list[int]] = [[] for _ in documents]
    for at, segment in enumerate(segments):
        for number in segment.of:
            paths[number].append(at)
    ends = torch.tensor([0, *map(len, documents)]).cumsum(0, dtype=torch.int32)
    layout = Layout([segment.end - segment.start for segment in segments], paths, ends.to(device))
    # With the documents written out one after another: the position of each token in the row, and which are learned.
    places = layout.written_out(torch.arange(len(ids)), dim=0)
    flags = [flag and at > 0 for example in examples for at, flag in enumerate(example.trained)]
    learned = torch.tensor(flags).nonzero()[:, 0]
    predicting, targets = places[learned - 1], ids[places[learned]]
    return Row(ids[None].to(device), positions[None].to(device), layout, predicting.to(device), targets.to(device))


class _Segment(NamedTuple):
    """The tokens from `start` to `end`, which are the same in all documents whose numbers are in `of`."""

    start: int
    end: int
    of: list[int]


def _segments(documents: Sequence[list[int]], group: list[int], depth: int) -> Iterator[_Segment]:
    """Yield the segments of a sorted group of documents, beyond the `depth` tokens that were yielded for it before."""
    agreed = _agreement(documents[group[0]], documents[group[-1]])
    if agreed - depth >= LEAST_SHARED or (len(group) == 1 and agreed > depth):
        yield _Segment(depth, agreed, group)
        depth = agreed
    if len(group) > 1:
        parts = [group[:1]]
        for before, number in pairwise(group):
            if _agreement(documents[before], documents[number]) - depth >= LEAST_SHARED:
                parts[-1].append(number)
            else:
                parts.append([number])
        for part in parts:
            yield from _segments(documents, part, depth)


def _agreement(one: list[int], other: list[int]) -> int:
    differing = (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(differing, min(len(one), len(other)))
