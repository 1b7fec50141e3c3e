"""The shape of a network, from a checkpoint's `config.json`. What cannot be computed here is refused by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from generation.errors import BadInput

ARCHITECTURE = "LlamaForCausalLM"
# Keys that would change the result, and the only values that this package computes.
FIXED = {"hidden_act": "silu", "attention_bias": False, "mlp_bias": False, "quantization_config": None}


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a LLaMA network.

    Attributes:
        context: tokens of prompt and reply together, at most.
        rope_base: base of the rotary angles ("rope_theta").
        norm_epsilon: added to a norm's mean square, so that its root is never zero.
        tied: the output weights are those of the embedding.
    """

    vocabulary: int
    width: int
    inner_width: int
    layers: int
    heads: int
    key_heads: int
    head_width: int
    context: int
    rope_base: float
    norm_epsilon: float
    tied: bool


def read_shape(config: Mapping[str, Any]) -> Shape:
    """Return the shape that `config` describes.

    Raises:
        BadInput: it is of another architecture, or a value is missing or not supported; names all of them.
    """
    # JSON's null says the same as a key that is left out.
    config = {key: value for key, value in config.items() if value is not None}
    architectures = config.get("architectures")
    if architectures != [ARCHITECTURE]:
        raise BadInput(
            f"The checkpoint's architecture is {architectures}, and the `numpy` backend computes {ARCHITECTURE} only.",
            hint="Serve it with vLLM or `transformers serve`, and name its address.",
        )
    if faults := list(_faults(config)):
        raise BadInput("The checkpoint's config.json cannot be used:", faults)
    heads = config["num_attention_heads"]
    return Shape(
        vocabulary=config["vocab_size"],
        width=config["hidden_size"],
        inner_width=config["intermediate_size"],
        layers=config["num_hidden_layers"],
        heads=heads,
        key_heads=config.get("num_key_value_heads") or heads,
        head_width=config.get("head_dim") or config["hidden_size"] // heads,
        context=config["max_position_embeddings"],
        rope_base=float(_rope(config).get("rope_theta", 10_000.0)),
        norm_epsilon=float(config.get("rms_norm_eps", 1e-6)),
        tied=bool(config.get("tie_word_embeddings", False)),
    )


def _faults(config: Mapping[str, Any]) -> Iterator[str]:
    for key in SIZES:
        value = config.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            yield f"{key}: must be a whole number above 0, not {value!r}"
    for key, value in FIXED.items():
        if config.get(key, value) != value:
            yield f"{key}: {config[key]!r} is not supported, only {value!r}"
    kind = _rope(config).get("rope_type", _rope(config).get("type", "default"))
    if kind != "default":
        yield f"rope_type: {kind!r} is not supported, only 'default'"


def _rope(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the rotary settings, which transformers 5 keeps in a table and earlier ones at the top."""
    table = config.get("rope_parameters") or config.get("rope_scaling") or {}
    stated = {key: value for key, value in table.items() if value is not None}
    return {"rope_theta": config.get("rope_theta", 10_000.0), **stated}


SIZES = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "max_position_embeddings",
)
