"""Rows: documents laid flat for one forward pass, without padding, and what several begin with laid down only once.

A causal language model computes the same for the same beginning, so documents that agree in their first tokens (a
prompt format's preamble, the prompt of two replies) go through the layers as a tree:

    documents  A B C    A B D    E          row       A B  C  D  E
    segments   [0 1]    [0 2]    [3]        segments  0    1  2  3

Only attention needs them whole, and has a `Layout` to write them out by. Losses and gradients are those of each
document alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from training.examples import Example

LEAST_SHARED = 8  # tokens; laying fewer down once costs more than it saves


@dataclass(frozen=True, slots=True)
class Layout:
    """How documents lie in a row.

    Attributes:
        segments: tokens of each segment, in the order of the row.
        documents: the segments of each document, in order.
        ends: where documents begin and end when written out one after another, [documents + 1].
    """

    segments: list[int]
    documents: list[list[int]]
    ends: torch.Tensor

    @property
    def lengths(self) -> list[int]:
        """Tokens of each document."""
        return [sum(self.segments[segment] for segment in document) for document in self.documents]

    def written_out(self, row: torch.Tensor, *, dim: int) -> torch.Tensor:
        """Return what a row holds along `dim`, as whole documents one after another."""
        parts = row.split(self.segments, dim=dim)
        return torch.cat([parts[segment] for document in self.documents for segment in document], dim=dim)

    def folded(self, documents: torch.Tensor, *, dim: int) -> torch.Tensor:
        """Return the row of what was written out; a shared segment's is that of the first document that has it."""
        order = [segment for document in self.documents for segment in document]
        parts = documents.split([self.segments[segment] for segment in order], dim=dim)
        first = dict(reversed(list(zip(order, parts, strict=True))))
        return torch.cat([first[segment] for segment in range(len(self.segments))], dim=dim)


@dataclass(frozen=True, slots=True)
class Row:
    """What goes through one forward pass.

    Attributes:
        input_ids: the segments' tokens, [1, tokens].
        position_ids: of each token in its document, [1, tokens].
        layout: where the documents are.
        predicting: the positions after which a token is learned, document by document, [trained].
        targets: those tokens, [trained].
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    layout: Layout
    predicting: torch.Tensor
    targets: torch.Tensor

    def token_losses(self, weights: Any) -> torch.Tensor:
        """Return the cross-entropy of each learned token, [trained]; the head runs nowhere else."""
        logits = weights(
            input_ids=self.input_ids,
            position_ids=self.position_ids,
            layout=self.layout,
            logits_to_keep=self.predicting,
            use_cache=False,
        ).logits[0]
        return cross_entropy(logits.float(), self.targets, reduction="none")


def flat_row(examples: Sequence[Example], *, device: torch.device | str = "cpu") -> Row:
    """Return examples as one row. The first token of an example is never learned."""
    tree = _Tree(examples)
    starts = torch.tensor([0, *(len(ids) for ids in tree.ids)]).cumsum(0)
    predicting, targets = [], []
    for example, path in zip(examples, tree.paths, strict=True):
        where = torch.cat([torch.arange(starts[segment], starts[segment + 1]) for segment in path])
        learned = torch.tensor([at for at, flag in enumerate(example.trained) if flag and at], dtype=torch.long)
        predicting.append(where[learned - 1])
        targets.append(torch.tensor(example.ids)[learned])
    layout = Layout(
        [len(ids) for ids in tree.ids],
        tree.paths,
        torch.tensor([0, *(len(example.ids) for example in examples)]).cumsum(0, dtype=torch.int32).to(device),
    )
    return Row(
        torch.tensor([id_ for ids in tree.ids for id_ in ids])[None].to(device),
        torch.cat([torch.arange(depth, depth + len(ids)) for depth, ids in zip(tree.depths, tree.ids, strict=True)])[
            None
        ].to(device),
        layout,
        torch.cat(predicting).to(device),
        torch.cat(targets).to(device),
    )


class _Tree:
    """Segments of examples: their tokens, how deep in its document each begins, and each document's path."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self.ids: list[list[int]] = []
        self.depths: list[int] = []
        self.paths: list[list[int]] = [[] for _ in examples]
        self._documents = [example.ids for example in examples]
        # Sorted, those that agree longest are neighbours, and a group agrees as far as its first and last do.
        self._grow(sorted(range(len(examples)), key=self._documents.__getitem__), 0)

    def _grow(self, group: list[int], depth: int) -> None:
        """Lay down documents that agree up to `depth` from there on."""
        agreed = self._agreement(group[0], group[-1])
        if agreed - depth >= LEAST_SHARED or (len(group) == 1 and agreed > depth):
            for number in group:
                self.paths[number].append(len(self.ids))
            self.ids.append(self._documents[group[0]][depth:agreed])
            self.depths.append(depth)
            depth = agreed
        if len(group) > 1:
            parts = [group[:1]]
            for before, number in pairwise(group):
                if self._agreement(before, number) - depth >= LEAST_SHARED:
                    parts[-1].append(number)
                else:
                    parts.append([number])
            for part in parts:
                self._grow(part, depth)

    def _agreement(self, one: int, other: int) -> int:
        ours, theirs = self._documents[one], self._documents[other]
        pairs = enumerate(zip(ours, theirs, strict=False))
        return next((at for at, (a, b) in pairs if a != b), min(len(ours), len(theirs)))
