"""Preflight: what can be known in a minute, before anything expensive begins; every fault at once.

The rehearsal is a real step on one real example, with one layer of the real architecture: it is trained, exported and
loaded again, and has to give the same logits.
"""

import json
import shutil
import struct
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM

from generation.prompts import prompt_format
from training.attention import VARLEN
from training.cost import Parameters, count_parameters
from training.errors import TrainingError
from training.examples import Example, data_licences
from training.ranks import Ranks
from training.recipe import Recipe
from training.rows import flat_row
from training.run_record import base_folder
from training.sharded import DTYPES, with_adapter

# Bytes a trained weight takes: itself, its gradient and AdamW's two moments in float32.
BYTES_PER_TRAINED = 16
# Activations a token leaves in a layer, in multiples of the hidden size (Korthikanti et al., arXiv:2205.05198, §4).
ACTIVATIONS_PER_LAYER = 34


@dataclass(frozen=True, slots=True)
class Needs:
    """Bytes a run needs: memory on each rank, and space on disk for the export and the checkpoints."""

    memory: int
    disk: int


def check(recipe: Recipe, folder: Path, tokenizer: Any, example: Example, ranks: Ranks) -> list[str]:
    """Return what was found in order, one line each.

    Raises:
        TrainingError: something is not; lists every fault.
    """
    faults = [*_base_faults(recipe), *_tracker_faults(recipe)]
    if not faults:
        config = AutoConfig.from_pretrained(recipe.base)
        needs = estimate(recipe, count_parameters(recipe.base, recipe.adapter), config, world=ranks.world)
        faults += _speech_faults(recipe, tokenizer, config)
        faults += _room_faults(recipe, needs, folder, ranks)
    if not faults:
        faults += _rehearsal_faults(recipe, config, example)
    if faults:
        raise TrainingError("\n  ".join([f"{recipe.base} cannot be trained like this:", *faults]))
    licences = ", ".join(data_licences(map(Path, recipe.data), stated=recipe.data_licence))
    return [
        f"needs about {needs.memory / 1e9:.1f} GB of memory a rank and {needs.disk / 1e9:.1f} GB on disk",
        "a step, its export and its reload give the same logits",
        f"licences: base {recipe.base_licence}, data {licences}",
    ]


def estimate(recipe: Recipe, parameters: Parameters, config: Any, *, world: int) -> Needs:
    """Return what a run needs on each of `world` ranks.

    Weights and optimizer are exact, activations of a full pass are the published formula's; what libraries take for
    themselves comes on top.
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


def _base_faults(recipe: Recipe) -> Iterator[str]:
    """Yield what is missing of the base or cut short."""
    try:
        folder = base_folder(recipe.base)
    except OSError:
        yield f"the base {recipe.base} is neither a folder here nor a name on the hub that can be reached"
        return
    if recipe.fresh:
        return
    index = folder / "model.safetensors.index.json"
    names = set(json.loads(index.read_bytes())["weight_map"].values()) if index.exists() else {"model.safetensors"}
    for name in sorted(names):
        if not (folder / name).exists():
            yield f"{folder / name} is missing"
        elif (folder / name).stat().st_size != _size_by_header(folder / name):
            yield f"{folder / name} is cut short; fetch it again"


def _tracker_faults(recipe: Recipe) -> Iterator[str]:
    for name in recipe.trackers:
        if find_spec(name) is None:
            yield f"the tracker {name} is not installed: pip install {name}, or take it out of `trackers`"


def _size_by_header(path: Path) -> int:
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    return 8 + int(length) + max(ends, default=0)


def _speech_faults(recipe: Recipe, tokenizer: Any, config: Any) -> Iterator[str]:
    if len(tokenizer) > config.vocab_size:
        yield f"the tokenizer has {len(tokenizer)} tokens, the weights {config.vocab_size}"
    if tokenizer.eos_token is None:
        yield "the tokenizer has no end-of-text token, so that no reply could be learned to end"
    elif recipe.objective != "text":
        shape = prompt_format(recipe.format)
        if len(tokenizer.encode(end := shape.end_of_reply(tokenizer), add_special_tokens=False)) != 1:
            yield f"format {recipe.format} ends replies with {end!r}, which is not one token of this tokenizer"
    reaches = [getattr(config, name, None) for name in ("max_position_embeddings", "sliding_window")]
    if recipe.max_length > (most := min((reach for reach in reaches if reach), default=recipe.max_length)):
        yield f"max_length is {recipe.max_length}, the base reads {most} tokens"


def _room_faults(recipe: Recipe, needs: Needs, folder: Path, ranks: Ranks) -> Iterator[str]:
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


def _rehearsal_faults(recipe: Recipe, config: Any, example: Example) -> Iterator[str]:
    config.num_hidden_layers = 1
    if getattr(config, "layer_types", None):
        config.layer_types = config.layer_types[:1]
    torch.manual_seed(recipe.seed)
    weights: Any = AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation=VARLEN)
    if recipe.adapter:
        weights = with_adapter(weights, recipe.adapter, seed=recipe.seed, quantized=False)
    loss = flat_row([example]).token_losses(weights).sum()
    if not loss.isfinite():
        yield f"the loss of {example.place} is not finite with random weights"
    loss.backward()
    torch.optim.AdamW(weights.parameters(), lr=recipe.optimizer.lr).step()
    weights = weights.merge_and_unload() if recipe.adapter else weights
    weights.set_attn_implementation("sdpa")
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        weights.save_pretrained(folder)
        again = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa")
        probe = torch.tensor([example.ids])
        if not torch.equal(weights.eval()(probe).logits, again(probe).logits):
            yield "after a step, an export and a reload, the logits are others"
