"""Batch generation: load a checkpoint and answer many conversations in one batch, to measure it quickly."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

from generation.checkpoints import open_checkpoint
from generation.conversation import Message

MAX_TOKENS = 40


@dataclass(frozen=True, slots=True)
class BatchGenerator:
    """A loaded checkpoint: its weights, and its tokenizer, which pads on the left."""

    weights: Any
    tokenizer: Any

    def replies(self, conversations: Sequence[Sequence[Message]]) -> list[str]:
        """Return a reply to each conversation, by greedy decoding, of at most `MAX_TOKENS` tokens."""
        read = self.tokenizer.apply_chat_template(
            [[asdict(message) for message in messages] for messages in conversations],
            add_generation_prompt=True,
            padding=True,
            return_dict=True,
            return_tensors="pt",
        )
        written = self.weights.generate(**read, max_new_tokens=MAX_TOKENS, do_sample=False)
        replies = self.tokenizer.batch_decode(written[:, read["input_ids"].shape[1] :], skip_special_tokens=True)
        return [reply.strip() for reply in replies]


def load_batch_generator(folder: Path) -> BatchGenerator:
    """Load a checkpoint in float32; an adapter is merged into its base.

    Raises:
        BadInput: `folder` holds no checkpoint that can be loaded.
    """
    checkpoint = open_checkpoint(folder)
    weights: Any = AutoModelForCausalLM.from_pretrained(checkpoint.base, dtype=torch.float32)
    if checkpoint.is_adapter:
        from peft import PeftModel

        weights = PeftModel.from_pretrained(weights, str(folder)).merge_and_unload()
    weights.generation_config = GenerationConfig.from_pretrained(folder)
    # Padded on the left, all prompts end at the same position, where the replies begin.
    return BatchGenerator(weights.eval(), AutoTokenizer.from_pretrained(checkpoint.tokenizer, padding_side="left"))
