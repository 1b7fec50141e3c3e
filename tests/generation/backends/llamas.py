"""Small LLaMA checkpoints on disk, written by transformers; adapters written by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from generation.backends.llama.language_model import LanguageModel, load
from generation.backends.llama.network import Cache
from generation.checkpoints import open_checkpoint
from generation.conversation import Message

TOKENS = [int(token) for token in np.random.default_rng(5).integers(4, 260, 40)]
HELLO = [Message("user", "Hello, 세계!")]
Array = npt.NDArray[np.float32]
SHAPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "tied": {"tie_word_embeddings": True},
    "grouped heads": {"num_key_value_heads": 2},
    "wide heads": {"head_dim": 24},
    "another rotary base": {"rope_parameters": {"rope_type": "default", "rope_theta": 500.0}},
}
CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>"
    "{% generation %}{{ message['content'] }}<|end|>{% endgeneration %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def write_llama(folder: Path, *, seed: int = 0, dtype: str = "float32", **changes: Any) -> Any:
    """Write a checkpoint with random weights and return it as transformers has it."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    special = ["<|end|>", "<|user|>", "<|assistant|>", "<|system|>"]
    alphabet = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    tokenizer = Tokenizer(models.BPE({piece: number for number, piece in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>")
    fast.chat_template = CHAT_TEMPLATE
    sizes: dict[str, Any] = {
        "vocab_size": len(alphabet),
        "hidden_size": 64,
        "intermediate_size": 96,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 128,
        "initializer_range": 0.2,
    }
    torch.manual_seed(seed)
    config = LlamaConfig(**{**sizes, **changes}, bos_token_id=None, eos_token_id=0, pad_token_id=0)
    LlamaForCausalLM(config).to(getattr(torch, dtype)).save_pretrained(folder)
    fast.save_pretrained(folder)
    # Read again, since `to` has rounded the rotary frequencies as well.
    return LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def write_adapter(folder: Path, base: Path, config: dict[str, Any], tensors: dict[str, Array]) -> Path:
    """Write an adapter's two files as PEFT names them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": str(base), **config}))
    save_file(
        {f"base_model.model.model.{name}": tensor for name, tensor in tensors.items()},
        folder / "adapter_model.safetensors",
    )
    return folder


def model_of(folder: Path) -> LanguageModel:
    return load(open_checkpoint(folder))


def logits_of(folder: Path) -> Any:
    network = model_of(folder).network
    return network.read_all(TOKENS, Cache(network.shape, len(TOKENS)))


def logits_by_torch(weights: Any) -> Any:
    import torch

    with torch.no_grad():
        return weights(torch.tensor([TOKENS])).logits[0].float().numpy()
