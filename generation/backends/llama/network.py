"""The network: next-token logits of a LLaMA-architecture model, with a cache of keys and values.

Touvron et al. 2023, section 2.2: pre-normalisation by root mean square, rotary positions, gated SiLU. Keys and values
may be shared by groups of heads (Ainslie et al. 2023).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from generation.backends.llama.shape import Shape
from generation.backends.llama.weights import Array, Weights
from generation.errors import BadInput


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer's weights, transposed so that a row of activations is multiplied from the left."""

    attention_norm: Array
    query_key_value: Array  # (width, (heads + 2 · key_heads) · head_width)
    output: Array
    inner_norm: Array
    gate_up: Array  # (width, 2 · inner_width)
    down: Array


class Cache:
    """Keys and values of one conversation. `length` counts the tokens that the network has read."""

    def __init__(self, shape: Shape, capacity: int) -> None:
        size = (shape.layers, shape.key_heads, capacity, shape.head_width)
        self.keys = np.empty(size, np.float32)
        self.values = np.empty(size, np.float32)
        self.length = 0


class Network:
    """A LLaMA network in float32. Holds no state of any conversation, so threads may share it."""

    def __init__(self, shape: Shape, weights: Weights) -> None:
        """Take the weights of `shape` by the names that `transformers` gives them.

        Raises:
            BadInput: tensors are missing, too many, or of another size; names them.
        """
        _check(shape, weights)
        self.shape = shape
        self._embedding = weights["model.embed_tokens.weight"]
        self._head = self._embedding.T if shape.tied else weights["lm_head.weight"].T
        self._final_norm = weights["model.norm.weight"]
        self._layers = [_layer(weights, number) for number in range(shape.layers)]
        angles = np.outer(np.arange(shape.context), _frequencies(shape))
        self._cosines = np.cos(angles).astype(np.float32)
        self._sines = np.sin(angles).astype(np.float32)

    def read(self, tokens: Sequence[int], cache: Cache) -> Array:
        """Read `tokens` after those of `cache`, which it extends; return the logits of the next one, (vocabulary,)."""
        logits: Array = self.read_all(tokens, cache, only_last=True)[0]
        return logits

    def read_all(self, tokens: Sequence[int], cache: Cache, *, only_last: bool = False) -> Array:
        """Like `read`, but return the logits after each token, (tokens, vocabulary)."""
        start, end = cache.length, cache.length + len(tokens)
        x = self._embedding[list(tokens)]
        # A token attends to itself and those before it. A single token attends to all, and needs no mask.
        mask = np.triu(np.full((len(tokens), end), -np.inf, np.float32), start + 1) if len(tokens) > 1 else None
        for number, layer in enumerate(self._layers):
            x = x + self._attend(self._normed(x, layer.attention_norm), layer, number, cache, start, end, mask)
            gate, up = np.split(self._normed(x, layer.inner_norm) @ layer.gate_up, 2, axis=-1)
            x = x + (_silu(gate) * up) @ layer.down
        cache.length = end
        return self._normed(x[-1:] if only_last else x, self._final_norm) @ self._head

    def _attend(
        self, x: Array, layer: _Layer, number: int, cache: Cache, start: int, end: int, mask: Array | None
    ) -> Array:
        shape = self.shape
        heads = (x @ layer.query_key_value).reshape(len(x), -1, shape.head_width).transpose(1, 0, 2)
        queries, keys, values = np.split(heads, [shape.heads, shape.heads + shape.key_heads])
        cache.keys[number, :, start:end] = self._rotated(keys, start, end)
        cache.values[number, :, start:end] = values
        # (key head, heads that share it, token, width), to be multiplied with (key head, 1, width, tokens so far)
        queries = self._rotated(queries, start, end).reshape(shape.key_heads, -1, len(x), shape.head_width)
        scores = queries @ cache.keys[number, :, None, :end].swapaxes(-1, -2) / np.float32(shape.head_width**0.5)
        if mask is not None:
            scores += mask
        attended = _softmax(scores) @ cache.values[number, :, None, :end]
        attended_heads: Array = attended.reshape(shape.heads, len(x), -1).transpose(1, 0, 2).reshape(len(x), -1)
        return attended_heads @ layer.output

    def _rotated(self, heads: Array, start: int, end: int) -> Array:
        """Rotate pairs of coordinates by the angles of their positions; the two of a pair are half a head apart."""
        cosines, sines = self._cosines[start:end], self._sines[start:end]
        left, right = np.split(heads, 2, axis=-1)
        return np.concatenate([left * cosines - right * sines, right * cosines + left * sines], axis=-1)

    def _normed(self, x: Array, weight: Array) -> Array:
        mean_square = np.mean(x * x, axis=-1, keepdims=True) + np.float32(self.shape.norm_epsilon)
        normed: Array = x / np.sqrt(mean_square) * weight
        return normed


def _silu(x: Array) -> Array:
    # x · sigmoid(x), by way of a tanh that cannot overflow.
    gated: Array = np.float32(0.5) * x * (1 + np.tanh(np.float32(0.5) * x))
    return gated


def _softmax(scores: Array) -> Array:
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Array = scores / scores.sum(axis=-1, keepdims=True)
    return shares


def _frequencies(shape: Shape) -> Array:
    return (shape.rope_base ** -(np.arange(0, shape.head_width, 2) / shape.head_width)).astype(np.float32)


def _layer(weights: Weights, number: int) -> _Layer:
    def get(*names: str) -> Array:
        # Side by side, so that one multiplication does for several projections.
        return np.ascontiguousarray(
            np.concatenate([weights[f"model.layers.{number}.{name}.weight"] for name in names]).T
        )

    return _Layer(
        attention_norm=get("input_layernorm"),
        query_key_value=get("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
        output=get("self_attn.o_proj"),
        inner_norm=get("post_attention_layernorm"),
        gate_up=get("mlp.gate_proj", "mlp.up_proj"),
        down=get("mlp.down_proj"),
    )


def _check(shape: Shape, weights: Weights) -> None:
    due = {f"{name}.weight": size for name, size in _sizes(shape).items()}
    kept = {name: array.shape for name, array in weights.items() if name in due or not _is_derived(name, shape)}
    faults = [
        f"{name}: {kept.get(name, 'missing')}, where {due.get(name, 'nothing')} is expected"
        for name in sorted({*due, *kept})
        if kept.get(name) != due.get(name)
    ]
    if faults:
        raise BadInput("The weights are not those that config.json describes:", faults)


def _is_derived(name: str, shape: Shape) -> bool:
    """Return whether a tensor can be computed from the others, and is ignored."""
    return name.endswith("rotary_emb.inv_freq") or (shape.tied and name == "lm_head.weight")


def _sizes(shape: Shape) -> dict[str, tuple[int, ...]]:
    queries, keys = shape.heads * shape.head_width, shape.key_heads * shape.head_width
    layer = {
        "input_layernorm": (shape.width,),
        "self_attn.q_proj": (queries, shape.width),
        "self_attn.k_proj": (keys, shape.width),
        "self_attn.v_proj": (keys, shape.width),
        "self_attn.o_proj": (shape.width, queries),
        "post_attention_layernorm": (shape.width,),
        "mlp.gate_proj": (shape.inner_width, shape.width),
        "mlp.up_proj": (shape.inner_width, shape.width),
        "mlp.down_proj": (shape.width, shape.inner_width),
    }
    return {
        "model.embed_tokens": (shape.vocabulary, shape.width),
        "model.norm": (shape.width,),
        **({} if shape.tied else {"lm_head": (shape.vocabulary, shape.width)}),
        **{f"model.layers.{number}.{name}": size for number in range(shape.layers) for name, size in layer.items()},
    }
