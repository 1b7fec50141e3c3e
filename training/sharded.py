"""The weights of a run, made ready to train: load the base, add the adapter, checkpoint activations, shard.

`prepare` does these steps in this order. The architecture's own code (in `transformers`) is not changed for them, and
the training loop only sees the result.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import torch
import torch.distributed as dist
from torch.distributed.checkpoint.state_dict import StateDictOptions, set_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.utils.checkpoint import checkpoint
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
from transformers.utils import cached_file

from generation.errors import BadInput
from generation.extras import needing
from training.attention import VARLEN
from training.errors import TrainingError
from training.ranks import Ranks
from training.recipe import Adapter, TrainingRecipe

DTYPES = {"bfloat16": torch.bfloat16, "float32": torch.float32}


@dataclass(frozen=True, slots=True)
class Parameters:
    """How many weights a language model has, including its adapter's, and how many of them are trained."""

    total: int
    trained: int

    @classmethod
    def of(cls, weights: Any) -> Self:
        """Return the counts of `weights`."""
        parameters = list(weights.parameters())
        trained = sum(one.numel() for one in parameters if one.requires_grad)
        return cls(sum(one.numel() for one in parameters), trained)


def load_tokenizer(base: str) -> Any:
    """Return the tokenizer of a base, given as a folder or as a name on the hub.

    Raises:
        BadInput: it has none that can be loaded.
    """
    with _explained(base, "has no tokenizer that can be loaded"):
        return AutoTokenizer.from_pretrained(base)


def load_config(base: str) -> Any:
    """Return the configuration of a base, a new object at each call, which the caller may change.

    Raises:
        BadInput: it has none that can be read.
    """
    with _explained(base, "has no config.json that can be read"):
        return AutoConfig.from_pretrained(base)


def base_folder(base: str) -> Path:
    """Return the folder on this machine that holds a base, given as a folder or as a name on the hub.

    Raises:
        BadInput: it is not on this machine and cannot be downloaded.
    """
    with _explained(base, "has no config.json"):
        return Path(base) if Path(base).is_dir() else Path(str(cached_file(base, "config.json"))).parent


@contextmanager
def _explained(base: str, fault: str) -> Iterator[None]:
    """Turn the errors of transformers for a base that it cannot load into one that says what is wrong."""
    try:
        yield
    except (OSError, ValueError) as error:
        what = fault if Path(base).is_dir() else "is neither a folder here nor a name on the hub that can be reached"
        hint = "Give a folder with config.json and weights: base=PATH"
        raise BadInput(f"The base {base} {what}: {_first_line(error)}", hint=hint) from error


def prepare(recipe: TrainingRecipe, ranks: Ranks) -> Any:
    """Return the language model of a recipe, ready to train on these ranks. All ranks call this.

    Only the first rank ever holds the full weights. The others begin with empty weights and receive their shard.

    Raises:
        BadInput: there is no such base, or it cannot be loaded.
        TrainingError: the base cannot be quantised, or the adapter does not fit it.
    """
    full: Any = load_weights(recipe) if ranks.first else None
    weights = full if ranks.world == 1 else skeleton(recipe)
    if recipe.activation_checkpointing:
        for block in _blocks(weights):
            # The reentrant variant gives no gradient where the inputs are frozen, as under an adapter.
            block.forward = partial(checkpoint, block.forward, use_reentrant=False)
    if ranks.world > 1:
        shard(weights, ranks, dtype=DTYPES[recipe.dtype])
        _send(full, weights, ranks)
        return weights
    if recipe.dtype == "bfloat16" and not recipe.adapter:
        # Only the arithmetic is in bf16. The weights stay in float32, as they do under FSDP's mixed precision.
        weights.forward = torch.autocast(ranks.device.type, torch.bfloat16)(weights.forward)
    # A base in 4 bits was loaded onto its device.
    return weights if recipe.adapter and recipe.adapter.quantized else weights.to(ranks.device)


def load_weights(recipe: TrainingRecipe) -> Any:
    """Return the full weights of a recipe's base, with its adapter if it has one.

    They are in float32, or in the recipe's dtype where they are frozen under an adapter.

    Raises:
        BadInput: there is no such base, or it cannot be loaded.
        TrainingError: the base cannot be quantised, or the adapter does not fit it.
    """
    with _explained(recipe.base, "cannot be loaded"):
        if recipe.fresh:
            torch.manual_seed(recipe.seed)
            return _untrained(recipe)
        options = _options(recipe)
        if recipe.adapter and recipe.adapter.quantized:
            options["quantization_config"] = _four_bits()
        base = AutoModelForCausalLM.from_pretrained(recipe.base, **options)
        return with_adapter(base, recipe.adapter, seed=recipe.seed)


def skeleton(recipe: TrainingRecipe) -> Any:
    """Return what `load_weights` returns, on the meta device: names, shapes and what is trained, but no values."""
    with torch.device("meta"):
        return with_adapter(_untrained(recipe), recipe.adapter, seed=recipe.seed)


def with_adapter(weights: Any, adapter: Adapter | None, *, seed: int) -> Any:
    """Return the weights frozen and with an adapter; without `adapter`, return them as they are.

    Args:
        weights: a language model of transformers.
        adapter: the recipe's adapter, or None.
        seed: for the adapter's first weights.

    Raises:
        MissingExtra: PEFT is not installed.
        TrainingError: PEFT finds no layer to adapt.
    """
    if adapter is None:
        return weights
    with needing("train", "An adapter"):
        from peft import IA3Config, LoraConfig, get_peft_model, prepare_model_for_kbit_training
    shared: dict[str, Any] = {"task_type": "CAUSAL_LM", "target_modules": list(adapter.targets) or None}
    if adapter.method == "ia3":
        config = IA3Config(**shared, feedforward_modules=list(adapter.feedforward) or None)
    else:
        config = LoraConfig(**shared, r=adapter.r, lora_alpha=adapter.alpha, lora_dropout=adapter.dropout)
    if getattr(weights, "is_loaded_in_4bit", False):
        weights = prepare_model_for_kbit_training(weights, use_gradient_checkpointing=False)
    torch.manual_seed(seed)
    try:
        return get_peft_model(weights, config)
    except ValueError as error:
        raise TrainingError(f"No adapter fits: {_first_line(error)}", hint="Check adapter.targets.") from error


def shard(weights: Any, ranks: Ranks, *, dtype: torch.dtype) -> Any:
    """Shard the weights over the ranks (FSDP2), each block by itself, so that it is gathered only while it is used."""
    mesh = init_device_mesh(ranks.device.type, (ranks.world,))
    policy = MixedPrecisionPolicy(param_dtype=dtype, reduce_dtype=torch.float32)
    for module in (*_blocks(weights), weights):
        fully_shard(module, mesh=mesh, mp_policy=policy)
        # Gradients are summed, not averaged: the loss is already divided by the tokens of all ranks. A plain sum is
        # forced because gloo cannot scale while it reduces.
        module.set_gradient_divide_factor(1.0)
        module.set_force_sum_reduction_for_comms(True)
    return weights


def _send(full: Any, weights: Any, ranks: Ranks) -> None:
    """Fill the empty, sharded weights of all ranks from the full weights of the first, one tensor at a time."""
    weights.to_empty(device=ranks.device)
    weights.tie_weights()
    state = full.state_dict() if ranks.first else {}
    set_model_state_dict(weights, state, options=StateDictOptions(full_state_dict=True, broadcast_from_rank0=True))
    # The tables of rotary positions are in no state dict. Left empty, they would go unnoticed: the loss would only be
    # a little worse.
    tables = dict(full.named_buffers()) if ranks.first else {}
    for name, buffer in weights.named_buffers():
        buffer.copy_(tables.get(name, buffer))
        dist.broadcast(buffer, src=0)


def _untrained(recipe: TrainingRecipe) -> Any:
    return AutoModelForCausalLM.from_config(load_config(recipe.base), **_options(recipe))


def _options(recipe: TrainingRecipe) -> dict[str, Any]:
    return {"dtype": DTYPES[recipe.dtype] if recipe.adapter else torch.float32, "attn_implementation": VARLEN}


def _blocks(weights: Any) -> list[Any]:
    """Return the layers that the architecture says must not be split: its transformer blocks."""
    core = weights.get_base_model() if hasattr(weights, "get_base_model") else weights
    names = set(core._no_split_modules or ())
    return [module for module in core.modules() if type(module).__name__ in names]


def _four_bits() -> Any:
    from transformers import BitsAndBytesConfig
    from transformers.utils import is_bitsandbytes_available

    if not (is_bitsandbytes_available() and torch.cuda.is_available()):
        raise TrainingError(
            "A base in 4 bits needs bitsandbytes and a GPU.",
            hint="pip install bitsandbytes, or take the recipe alpaca_lora_7b.",
        )
    kind: dict[str, Any] = {"bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": torch.bfloat16}
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_use_double_quant=True, **kind)


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
