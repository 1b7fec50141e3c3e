"""What a run costs in dollars, and how many weights it trains, without loading any weights."""

from dataclasses import replace
from typing import TYPE_CHECKING

from training.recipe import Adapter

if TYPE_CHECKING:
    from training.sharded import Parameters


def dollars(*, gpus: float = 8, hours: float = 3, rate: float = 3.93) -> float:
    """Return GPUs × hours × US dollars per GPU-hour. The defaults are Alpaca 7B's: 8 A100s, 3 hours, $94.32."""
    return gpus * hours * rate


def count_parameters(base: str, adapter: Adapter | None = None) -> "Parameters":
    """Return how many weights an architecture has, and how many are trained, from its configuration alone.

    Args:
        base: a folder with config.json, or a name on the hub.
        adapter: if given, only its weights are trained.

    Raises:
        BadInput: there is no configuration that can be read.
    """
    # Imported here because `dollars` has to work where torch is not installed.
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, PreTrainedConfig

    from training.sharded import Parameters, load_config, with_adapter

    config = load_config(base)
    with torch.device("meta"):
        kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
        counted = Parameters.of(with_adapter(kind.from_config(config), adapter, seed=0))
    # transformers 5 ties the output head of T5-like networks to the embeddings even where their configuration says
    # otherwise. The published weights have a separate head, so it is added.
    stated = PreTrainedConfig.get_config_dict(base)[0].get("tie_word_embeddings", config.tie_word_embeddings)
    if config.tie_word_embeddings and not stated:
        return replace(counted, total=counted.total + config.vocab_size * config.hidden_size)
    return counted
