"""LoRA adapters that were never trained: they make a checkpoint say something else, and always the same."""

import warnings
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM


def write_adapter(folder: Path, *, base: Path, seed: int, rank: int = 4) -> None:
    """Write a PEFT adapter on the checkpoint at `base` to `folder`."""
    torch.manual_seed(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft's, about names of transformers
        config = LoraConfig(r=rank, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
        changed = get_peft_model(AutoModelForCausalLM.from_pretrained(base), config)
    for name, weights in changed.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weights, std=0.5)
    changed.save_pretrained(folder)
