"""What a run costs, and how many weights it has, before anything is loaded."""

from dataclasses import replace
from typing import TYPE_CHECKING

from training.recipe import Adapter

if TYPE_CHECKING:
    from training.sharded import Parameters


def dollars(*, gpus: float = 8, hours: float = 3, rate: float = 3.93) -> float:
    """Return GPUs × hours × dollars per GPU-hour. The defaults are Alpaca 7B's: 8 A100s, 3 hours, $94.32."""
    return gpus * hours * rate


def count_parameters(base: str, adapter: Adapter | None = None) -> "Parameters":
    """Return the counts of an architecture from its configuration alone; no weights are read or made.

    Raises:
        BadInput: there is no configuration.
    """
    # Dollars are computed on any machine, weights counted only where torch is installed.
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, PreTrainedConfig

    from training.sharded import Parameters, load_config, with_adapter

    config = load_config(base)
    with torch.device("meta"):
        kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
        counted = Parameters.of(with_adapter(kind.from_config(config), adapter, seed=0))
    # transformers 5 ties T5's kin whatever their configuration says; the published weights have a head of their own.
    stated = PreTrainedConfig.get_config_dict(base)[0].get("tie_word_embeddings", config.tie_word_embeddings)
    if config.tie_word_embeddings and not stated:
        return replace(counted, total=counted.total + config.vocab_size * config.hidden_size)
    return counted
