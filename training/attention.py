"""Attention over a flat row of several documents, none of which sees another.

A row has no padding and no mask, only the lengths of its documents. A mask of ones beside position ids would let
documents see each other without a word (transformers issue 46634), so none is ever made.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface

VARLEN = "varlen"  # the name to give as `attn_implementation`


@dataclass(frozen=True, slots=True)
class Row:
    """What goes through one forward pass.

    Attributes:
        input_ids: all documents one after another, [1, tokens].
        position_ids: from 0 in each document, [1, tokens].
        lengths: tokens of each document.
        predicting: the positions after which a token is learned, [trained].
        targets: those tokens, [trained].
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    lengths: list[int]
    predicting: torch.Tensor
    targets: torch.Tensor

    def inputs(self) -> dict[str, Any]:
        """Return the arguments of a language model's `forward`; its logits are those of `predicting` alone."""
        ends = torch.tensor([0, *self.lengths], device=self.input_ids.device).cumsum(0, dtype=torch.int32)
        return {
            "input_ids": self.input_ids,
            "position_ids": self.position_ids,
            "cu_seq_lens_q": ends,
            "max_length_q": max(self.lengths),
            "document_lengths": self.lengths,
            "logits_to_keep": self.predicting,
            "use_cache": False,
        }


def flat_row(documents: list[tuple[list[int], list[bool]]], *, device: torch.device | str = "cpu") -> Row:
    """Return documents (ids, and which are learned) as one row. The first token of a document is never learned."""
    ids = torch.tensor([id_ for document, _ in documents for id_ in document])
    trained = torch.tensor([flag and at > 0 for _, flags in documents for at, flag in enumerate(flags)])
    lengths = [len(document) for document, _ in documents]
    positions = torch.cat([torch.arange(length) for length in lengths])
    (learned,) = trained.nonzero(as_tuple=True)
    return Row(
        ids[None].to(device),
        positions[None].to(device),
        lengths,
        (learned - 1).to(device),
        ids[learned].to(device),
    )


def _varlen(
    _module: torch.nn.Module,
    query: torch.Tensor,  # [1, heads, tokens, head_dim]; keys and values may have fewer heads
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    cu_seq_lens_q: torch.Tensor | None = None,
    max_length_q: int = 0,
    document_lengths: list[int] | None = None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    if attention_mask is not None or document_lengths is None or cu_seq_lens_q is None:
        raise ValueError("A packed row is told by its documents' lengths, never by a mask.")
    if query.is_cuda:
        from torch.nn.attention.varlen import varlen_attn

        flat = (part[0].transpose(0, 1) for part in (query, key, value))  # [tokens, heads, head_dim]
        mixed = varlen_attn(
            *flat,
            cu_seq_lens_q,
            cu_seq_lens_q,
            max_length_q,
            max_length_q,
            scale=scaling,
            window_size=(-1, 0),  # all that came before, nothing that comes after
            enable_gqa=True,
        )
        return mixed[None], None
    # There is no such kernel for CPUs: one call a document, which is as exact and needs no mask either.
    parts = [part.split(document_lengths, dim=2) for part in (query, key, value)]
    mixed = torch.cat(
        [
            scaled_dot_product_attention(q, k, v, dropout_p=dropout, is_causal=True, scale=scaling, enable_gqa=True)
            for q, k, v in zip(*parts, strict=True)
        ],
        dim=2,
    )
    return mixed.transpose(1, 2), None


AttentionInterface.register(VARLEN, _varlen)
AttentionMaskInterface.register(VARLEN, lambda *_, **__: None)
