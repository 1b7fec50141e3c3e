"""Export: write trained weights as a checkpoint that transformers and vLLM load, and that the arena can serve.

The shards of all ranks are gathered and written in the recipe's dtype. The tokenizer gets the chat template, and the
generation defaults name the token that ends a reply. An adapter is written to `adapter/`, and the weights beside it
are the base with the adapter merged in; the merge is computed in float32.
"""

import shutil
from pathlib import Path
from typing import Any

import torch
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from transformers import AutoModelForCausalLM, GenerationConfig

from generation.prompts import PromptFormat
from training.errors import TrainingError
from training.ranks import Ranks
from training.recipe import TrainingRecipe
from training.sharded import DTYPES

MERGE_TOLERANCE = 1e-4  # as a share of the largest logit; a correct merge in float32 differs by about 1e-6


def export(folder: Path, weights: Any, tokenizer: Any, recipe: TrainingRecipe, ranks: Ranks) -> None:
    """Write the weights, the tokenizer and the generation defaults to `folder`. All ranks call this.

    Raises:
        TrainingError: the adapter's weights are all 0, or merging it changes the logits. Nothing is exported then.
    """
    # Gathered on the CPU, one tensor at a time: a device may hold its shard but not the full weights.
    options = StateDictOptions(full_state_dict=True, cpu_offload=True, ignore_frozen_params=bool(recipe.adapter))
    state = get_model_state_dict(weights, options=options)
    if ranks.first:
        unfinished = folder / ".export"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        if recipe.adapter:
            _write_adapter(unfinished, weights, state, tokenizer, recipe)
        else:
            _write_weights(unfinished, weights, state, DTYPES[recipe.dtype])
        _write_tokenizer(unfinished, tokenizer, recipe.shape)
        for path in unfinished.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)  # transformers makes weights readable by their owner only
        shutil.rmtree(folder / "adapter", ignore_errors=True)
        for path in unfinished.iterdir():
            path.replace(folder / path.name)
        unfinished.rmdir()
    ranks.wait()


def _write_weights(folder: Path, weights: Any, state: dict[str, Any], dtype: torch.dtype) -> None:
    # `weights` may be wrapped by FSDP. A copy on the meta device has the right class and dtype, and takes no memory.
    with torch.device("meta"):
        plain = AutoModelForCausalLM.from_config(weights.config, dtype=dtype)
    plain.save_pretrained(folder, state_dict={name: tensor.to(dtype) for name, tensor in state.items()})


def _write_adapter(folder: Path, weights: Any, state: dict[str, Any], tokenizer: Any, recipe: TrainingRecipe) -> None:
    from peft import PeftModel

    if not any(tensor.any() for tensor in state.values()):
        raise TrainingError("The adapter is empty: all of its weights are 0.")
    # `save_pretrained` empties the dictionary that it is given.
    weights.save_pretrained(folder / "adapter", state_dict=dict(state))
    base = AutoModelForCausalLM.from_pretrained(recipe.base, dtype=torch.float32)
    adapted = PeftModel.from_pretrained(base, str(folder / "adapter")).eval()
    probe = torch.tensor([tokenizer.encode("Alpacas hum when they are curious.")])
    with torch.no_grad():
        before = adapted(probe).logits
        merged = adapted.merge_and_unload(safe_merge=True)
        after = merged(probe).logits
    if (before - after).abs().max() > MERGE_TOLERANCE * before.abs().max():
        raise TrainingError("Merging the adapter changes its logits, so nothing was exported.")
    # Cast after the merge: merging in bf16 would make the error of the logits a hundred times as large.
    merged.to(DTYPES[recipe.dtype]).save_pretrained(folder)


def _write_tokenizer(folder: Path, tokenizer: Any, shape: PromptFormat | None) -> None:
    """Write the tokenizer with its chat template, and the generation defaults with the tokens that end a reply."""
    ends = [tokenizer.eos_token_id]
    if shape:
        tokenizer.chat_template = shape.chat_template
        ends = list(dict.fromkeys([*tokenizer.encode(shape.end_of_reply(tokenizer), add_special_tokens=False), *ends]))
    tokenizer.save_pretrained(folder)
    GenerationConfig(
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=ends if len(ends) > 1 else ends[0],
        pad_token_id=tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id,
    ).save_pretrained(folder)
