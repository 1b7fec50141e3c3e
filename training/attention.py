"""Attention over a row of several documents, where no document sees another.

The row's layout says where each document is; there is no attention mask. transformers takes a mask of ones beside
position ids to mean one single document, and gives no warning (issue 46634), so no mask is ever made.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface

from training.rows import Layout

VARLEN = "varlen"  # the name to give as `attn_implementation`


def _varlen(
    _module: torch.nn.Module,
    query: Tensor,  # [1, heads, tokens, head_dim]; keys and values may have fewer heads
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    layout: Layout | None = None,
    scaling: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    if attention_mask is not None or layout is None:
        raise ValueError("A row is told by the layout of its documents, never by a mask.")
    attend = _on_cuda if query.is_cuda and value.dtype != torch.float32 else _by_document
    q, k, v = (layout.written_out(part, dim=2) for part in (query, key, value))
    mixed = attend(q, k, v, layout, scaling)
    return layout.folded(mixed, dim=1).to(value.dtype), None


def _on_cuda(query: Tensor, key: Tensor, value: Tensor, layout: Layout, scaling: float | None) -> Tensor:
    from torch.nn.attention.varlen import varlen_attn

    ends, longest = layout.ends, max(layout.lengths)
    before_only = (-1, 0)  # every earlier token, no later one
    q, k, v = (part[0].transpose(0, 1).to(value.dtype) for part in (query, key, value))  # [tokens, heads, head_dim]
    mixed: Tensor = varlen_attn(
        q, k, v, ends, ends, longest, longest, scale=scaling, window_size=before_only, enable_gqa=True
    )
    return mixed[None]


def _by_document(query: Tensor, key: Tensor, value: Tensor, layout: Layout, scaling: float | None) -> Tensor:
    """Attend to each document by a call of its own: CPUs do not have the kernel that takes all at once."""
    # In float32: in bf16, CPUs compile a new matrix product for every length, which takes ten times as long.
    with torch.autocast(query.device.type, enabled=False):
        parts = [part.float().split(layout.lengths, dim=2) for part in (query, key, value)]
        mixed = [
            scaled_dot_product_attention(q, k, v, is_causal=True, scale=scaling, enable_gqa=True)
            for q, k, v in zip(*parts, strict=True)
        ]
    return torch.cat(mixed, dim=2).transpose(1, 2)


AttentionInterface.register(VARLEN, _varlen)
AttentionMaskInterface.register(VARLEN, lambda *_, **__: None)
