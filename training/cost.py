"""What a run costs, and how many weights it has, before anything is loaded."""

from dataclasses import dataclass
from typing import Any

import torch

from generation.errors import BadInput
from training.recipe import Adapter


@dataclass(frozen=True, slots=True)
class Parameters:
    """The weights of a language model, an adapter's included, and how many of them are trained."""

    total: int
    trained: int

    @property
    def share(self) -> float:
        """The trained share, of 1."""
        return self.trained / self.total


def dollars(*, gpus: float = 8, hours: float = 3, rate: float = 3.93) -> float:
    """Return GPUs × hours × dollars per GPU-hour. The defaults are Alpaca 7B's: 8 A100s, 3 hours, $94.32."""
    return gpus * hours * rate


def count_parameters(base: str, adapter: Adapter | None = None) -> Parameters:
    """Return the counts of an architecture from its configuration alone; no weights are read or made.

    Raises:
        BadInput: there is no configuration.
    """
    from transformers import AutoConfig, PreTrainedConfig

    from training.sharded import with_adapter

    try:
        config = AutoConfig.from_pretrained(base)
    except (OSError, ValueError) as error:
        raise BadInput(f"{base} has no config.json that can be read.") from error
    with torch.device("meta"):
        weights = _empty(config)
        if adapter:
            weights = with_adapter(weights, adapter, seed=0, quantized=False)
    parameters = list(weights.parameters())
    total = sum(one.numel() for one in parameters)
    # transformers 5 ties T5's kin whatever their configuration says; the published weights have a head of their own.
    stated = PreTrainedConfig.get_config_dict(base)[0].get("tie_word_embeddings", config.tie_word_embeddings)
    if config.tie_word_embeddings and not stated:
        total += config.vocab_size * config.hidden_size
    return Parameters(total, sum(one.numel() for one in parameters if one.requires_grad))


def _empty(config: Any) -> Any:
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

    kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    return kind.from_config(config)
