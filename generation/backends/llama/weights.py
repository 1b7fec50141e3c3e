"""Weights: the tensors of a checkpoint's safetensors files as float32 arrays, adapters merged in."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, deserialize

from generation.errors import BadInput

Array = npt.NDArray[np.float32]
Weights = Mapping[str, Array]

MAX_BYTES = 600_000_000  # all files together; a larger model answers too slowly here
PEFT_ALPHA = 8  # PEFT's default
PREFIX = "base_model.model."  # what PEFT puts before the base's own names
# Settings of LoRA variants that are applied in another way, and their values in plain LoRA.
PLAIN_LORA = {"use_dora": False, "bias": "none", "fan_in_fan_out": False, "rank_pattern": {}, "alpha_pattern": {}}


def read_weights(folder: Path, pattern: str = "*.safetensors") -> dict[str, Array]:
    """Return all tensors of the files in `folder` that match `pattern`, by name.

    Raises:
        BadInput: there is none, they are too large, damaged, or of a type other than F32, F16 and BF16.
    """
    paths = sorted(folder.glob(pattern))
    if not paths:
        raise BadInput(f"{folder} has no {pattern}.", hint="Name the folder that a training run exported.")
    if (size := sum(path.stat().st_size for path in paths)) > MAX_BYTES:
        raise BadInput(
            f"{folder} holds {size / 1e9:.1f} GB of weights; the `numpy` backend takes {MAX_BYTES / 1e9:g} GB at most.",
            hint="Serve it with vLLM or `transformers serve`, and name its address.",
        )
    return {name: array for path in paths for name, array in _read_file(path).items()}


def merged(weights: Weights, folder: Path) -> dict[str, Array]:
    """Return `weights` with the PEFT adapter in `folder` applied, LoRA or IA3.

    LoRA (Hu et al. 2021, section 4.1) adds `scale · B A` to a weight; IA3 (Liu et al. 2022, section 3.3) multiplies its
    rows, or its columns where it rescales what goes in.

    Raises:
        BadInput: it is another kind of adapter, a variant of these, or one of another base.
    """
    config = _adapter_config(folder)
    adapter = read_weights(folder, "adapter_model.safetensors")
    result = dict(weights)
    for name in {_target(name) for name in adapter}:
        parts = {key.removeprefix(f"{PREFIX}{name}."): part for key, part in adapter.items() if _target(key) == name}
        weight = result.get(f"{name}.weight")
        change = _lora(parts, config) if config["peft_type"] == "LORA" else parts.get("ia3_l")
        if weight is None or change is None or np.broadcast_shapes(weight.shape, change.shape) != weight.shape:
            raise BadInput(f"The adapter in {folder} does not fit this base: `{name}` differs.")
        result[f"{name}.weight"] = weight + change if config["peft_type"] == "LORA" else weight * change
    return result


def _adapter_config(folder: Path) -> dict[str, Any]:
    try:
        config: dict[str, Any] = json.loads((folder / "adapter_config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder / 'adapter_config.json'} cannot be read: {error}.") from error
    if config.get("peft_type") not in {"LORA", "IA3"}:
        raise BadInput(
            f"The adapter in {folder} is a {config.get('peft_type')}; only LORA and IA3 can be applied here."
        )
    odd = [key for key, plain in PLAIN_LORA.items() if (config.get(key) or plain) != plain]
    if odd or config.get("modules_to_save"):
        keys = ", ".join([*odd, *(["modules_to_save"] if config.get("modules_to_save") else [])])
        raise BadInput(f"The adapter in {folder} uses {keys}, which cannot be applied here.", hint="Merge it first.")
    return config


def _lora(parts: Weights, config: Mapping[str, Any]) -> Array | None:
    a, b = parts.get("lora_A.weight"), parts.get("lora_B.weight")
    if a is None or b is None or a.shape[0] != b.shape[1]:
        return None
    rank = a.shape[0]
    scale = (config.get("lora_alpha") or PEFT_ALPHA) / (rank**0.5 if config.get("use_rslora") else rank)
    return np.float32(scale) * (b @ a)


def _target(name: str) -> str:
    """Return the module that an adapter's tensor changes: `….q_proj.lora_A.weight` → `….q_proj`."""
    return name.removeprefix(PREFIX).partition(".lora_")[0].partition(".ia3_")[0]


def _read_file(path: Path) -> dict[str, Array]:
    try:
        tensors = deserialize(path.read_bytes())  # type: ignore[no-untyped-call]
    except (OSError, SafetensorError) as error:
        raise BadInput(f"{path} cannot be read as safetensors: {error}.") from error
    return {name: _array(path, name, tensor) for name, tensor in tensors}


def _array(path: Path, name: str, tensor: Mapping[str, Any]) -> Array:
    data, shape = tensor["data"], tensor["shape"]
    match tensor["dtype"]:
        case "F32":
            array = np.frombuffer(data, np.float32)
        case "F16":
            array = np.frombuffer(data, np.float16).astype(np.float32)
        case "BF16":  # the upper half of a float32
            array = (np.frombuffer(data, np.uint16).astype(np.uint32) << 16).view(np.float32)
        case other:
            raise BadInput(f"{path}: `{name}` is of type {other}; only F32, F16 and BF16 can be read.")
    return array.reshape(shape)
