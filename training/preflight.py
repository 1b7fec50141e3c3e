"""Preflight: checks that take at most a minute, before anything expensive begins. All faults are reported at once.

The last check is a rehearsal: a network with one layer of the real architecture takes a step on one real example, is
written and loaded again, and has to give the same logits.
"""

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from generation.checkpoints import weight_faults
from training.attention import VARLEN
from training.errors import TrainingError
from training.examples import TokenizedExample
from training.ranks import Ranks
from training.recipe import TrainingRecipe
from training.rows import flat_row
from training.run_record import data_licences
from training.sharded import DTYPES, Parameters, base_folder, load_config, skeleton, with_adapter

# Bytes of memory for each trained weight: the weight, its gradient and AdamW's two moments, all in float32.
BYTES_PER_TRAINED = 16
# Bytes of 16-bit activations that a layer keeps for a token, divided by the hidden size (Korthikanti et al.,
# arXiv:2205.05198, §4).
ACTIVATIONS_PER_LAYER = 34


@dataclass(frozen=True, slots=True)
class Needs:
    """The bytes that a run needs: memory on each rank, and disk space for the export and the saved states."""

    memory: int
    disk: int


def check(recipe: TrainingRecipe, folder: Path, tokenizer: Any, example: TokenizedExample, ranks: Ranks) -> list[str]:
    """Check that a recipe can be trained here, and return one line for each thing that was found in order.

    Args:
        recipe: what is to be trained.
        folder: where the run's folder is or will be, for the free disk space.
        tokenizer: the base's.
        example: with which a step is rehearsed.
        ranks: the devices.

    Raises:
        TrainingError: the run would fail; lists every fault that was found.
    """
    faults = [] if recipe.fresh else list(weight_faults(base_folder(recipe.base)))
    faults += [
        f"the tracker {name} is not installed: pip install {name}, or take it out of `trackers`"
        for name in recipe.trackers
        if find_spec(name) is None
    ]
    if not faults:
        config = load_config(recipe.base)
        needs = estimate(recipe, Parameters.of(skeleton(recipe)), config, world=ranks.world)
        faults += _tokenizer_faults(recipe, tokenizer, config)
        faults += _space_faults(recipe, needs, folder, ranks)
    if not faults:
        faults += _rehearsal_faults(recipe, config, example)
    if faults:
        raise TrainingError("\n  ".join([f"{recipe.base} cannot be trained like this:", *faults]))
    return [
        f"needs about {needs.memory / 1e9:.1f} GB of memory a rank and {needs.disk / 1e9:.1f} GB on disk",
        "a step, its export and its reload give the same logits",
        f"licences: base {recipe.base_licence}, data {', '.join(data_licences(recipe))}",
    ]


def estimate(recipe: TrainingRecipe, parameters: Parameters, config: Any, *, world: int) -> Needs:
    """Return what a run needs on each of `world` ranks.

    The bytes of weights, gradients and moments are exact. Those of activations follow the published formula for a full
    pass. What the libraries themselves take is not included.
    """
    width = torch.finfo(DTYPES[recipe.dtype]).bits // 8
    frozen = parameters.total - parameters.trained
    frozen_bytes = 0.55 if recipe.adapter and recipe.adapter.quantized else width
    tokens, hidden, layers = recipe.batch.tokens_per_pass, config.hidden_size, config.num_hidden_layers
    kept_layers = 1 + layers / ACTIVATIONS_PER_LAYER if recipe.activation_checkpointing else layers
    activations = ACTIVATIONS_PER_LAYER * tokens * hidden * kept_layers * width / 2
    logits = 2 * tokens * config.vocab_size * 4
    weights = (BYTES_PER_TRAINED * parameters.trained + frozen_bytes * frozen) / world
    checkpoints = 12 * parameters.trained * (recipe.checkpoint.keep + 1) if recipe.checkpoint.every else 0
    return Needs(memory=int(weights + activations + logits), disk=int(width * parameters.total + checkpoints))


def _tokenizer_faults(recipe: TrainingRecipe, tokenizer: Any, config: Any) -> Iterator[str]:
    if len(tokenizer) > config.vocab_size:
        yield f"the tokenizer has {len(tokenizer)} tokens, the weights {config.vocab_size}"
    if tokenizer.eos_token is None:
        yield "the tokenizer has no end-of-text token, so the ends of replies cannot be learned"
    elif recipe.shape:
        end = recipe.shape.end_of_reply(tokenizer)
        if len(tokenizer.encode(end, add_special_tokens=False)) != 1:
            yield f"format {recipe.format} ends replies with {end!r}, which is not one token of this tokenizer"
    reaches = [getattr(config, name, None) for name in ("max_position_embeddings", "sliding_window")]
    if recipe.max_length > (most := min((reach for reach in reaches if reach), default=recipe.max_length)):
        yield f"max_length is {recipe.max_length}, the base reads {most} tokens"


def _space_faults(recipe: TrainingRecipe, needs: Needs, folder: Path, ranks: Ranks) -> Iterator[str]:
    free = _free_memory(ranks)
    if free is not None and needs.memory > free:
        yield (
            f"a rank needs about {needs.memory / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are free: use more ranks, "
            f"an adapter (alpaca_lora_7b), or fewer batch.tokens_per_pass (now {recipe.batch.tokens_per_pass})"
        )
    place = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if needs.disk > (room := shutil.disk_usage(place).free):
        yield f"{needs.disk / 1e9:.1f} GB are needed on disk and {place} has {room / 1e9:.1f} GB: lower checkpoint.keep"


def _free_memory(ranks: Ranks) -> int | None:
    if ranks.device.type == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    meminfo = Path("/proc/meminfo")
    if not meminfo.exists():
        return None
    lines = dict(line.split(":") for line in meminfo.read_text().splitlines())
    return int(lines["MemAvailable"].split()[0]) * 1024 // ranks.world


def _rehearsal_faults(recipe: TrainingRecipe, config: Any, example: TokenizedExample) -> Iterator[str]:
    config.num_hidden_layers = 1
    if getattr(config, "layer_types", None):
        config.layer_types = config.layer_types[:1]
    torch.manual_seed(recipe.seed)
    weights: Any = AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation=VARLEN)
    weights = with_adapter(weights, recipe.adapter, seed=recipe.seed)
    loss = flat_row([example]).token_losses(weights).sum()
    if not loss.isfinite():
        yield f"with random weights, the loss of {example.place} is not a finite number"
    loss.backward()
    torch.optim.AdamW(weights.parameters(), lr=recipe.optimizer.lr).step()
    weights = weights.merge_and_unload() if recipe.adapter else weights
    weights.set_attn_implementation("sdpa")
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        weights.save_pretrained(folder)
        again = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa")
        probe = torch.tensor([example.ids])
        if not torch.equal(weights.eval()(probe).logits, again(probe).logits):
            yield "after a step, an export and a reload, the logits have changed"
