"""A causal language model in memory: loads a checkpoint and draws tokens one by one. Needs torch.

Imported in the thread that loads, since torch alone takes seconds.
"""

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from generation.checkpoints import Checkpoint
from generation.conversation import Message, Sampling
from generation.errors import BadInput, ContextTooLong, ServerFault
from generation.prompts import PromptFormat

Device = Literal["auto", "cpu", "cuda"]
DTYPES = {"auto": "auto", "float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}


class CausalLM:
    """A language model and its tokenizer, ready to draw.

    Attributes:
        tokenizer: as `transformers` made it.
        ends: token ids that end a reply.
    """

    def __init__(self, weights: Any, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self._weights = weights
        self._config = weights.generation_config
        self._context = weights.config.get_text_config().max_position_embeddings
        ends = self._config.eos_token_id
        self.ends = {*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id} - {None}

    def prompt_ids(self, messages: list[Message], written: PromptFormat | None) -> list[int]:
        """Return the conversation as tokens that end where the reply begins.

        Args:
            messages: the conversation.
            written: how to write it; None for the tokenizer's own chat template.

        Raises:
            ContextTooLong: no room would be left for a reply.
        """
        if written:
            ids = written.encode(self.tokenizer, messages, add_generation_prompt=True).ids
        else:
            conversation = [{"role": message.role, "content": message.content} for message in messages]
            text = self.tokenizer.apply_chat_template(conversation, tokenize=False, add_generation_prompt=True)
            ids = self.tokenizer.encode(text, add_special_tokens=False)
        if len(ids) >= self._context:
            raise ContextTooLong(f"The prompt has {len(ids)} tokens, and the context {self._context}.")
        return ids

    def draw(self, prompt: list[int], sampling: Sampling) -> Iterator[int]:
        """Yield the reply's token ids until the context is full; the reader stops before that at an end or a limit.

        Raises:
            ServerFault: the weights give no numbers.
        """
        generator = torch.Generator(self._weights.device)
        if sampling.seed is None:
            generator.seed()
        else:
            generator.manual_seed(sampling.seed)
        biases = _Biases(sampling, self._weights)
        ids, cache = prompt, None
        for _ in range(self._context - len(prompt)):
            # Entered anew for each token: a generator that is paused inside would leave it on for its reader.
            with torch.inference_mode():
                fed = torch.tensor([ids], device=self._weights.device)
                out = self._weights(input_ids=fed, past_key_values=cache, use_cache=True, logits_to_keep=1)
                cache = out.past_key_values
                token = self._choose(biases.added_to(out.logits[0, -1].float()), sampling, generator)
            biases.count(token)
            yield token
            ids = [token]

    def _choose(self, logits: torch.Tensor, sampling: Sampling, generator: torch.Generator) -> int:
        own, sampled = self._config, self._config.do_sample
        temperature = sampling.temperature if sampling.temperature is not None else (own.temperature or 1.0) * sampled
        top_p = sampling.top_p if sampling.top_p is not None else own.top_p if sampled else None
        if not torch.isfinite(logits).any() or torch.isnan(logits).any():
            raise ServerFault("The weights give no numbers (NaN); the checkpoint is broken, or its type too narrow.")
        if temperature == 0:
            return int(logits.argmax())
        kept, places = (logits / temperature).sort(descending=True)
        chances = kept.softmax(-1)
        if sampled and own.top_k:
            chances[own.top_k :] = 0
        if top_p is not None and top_p < 1:
            # A token is kept while those before it do not make up top_p yet; the first always is.
            chances[1:][chances.cumsum(-1)[:-1] >= top_p] = 0
        return int(places[torch.multinomial(chances, 1, generator=generator)])


class _Biases:
    """What is added to the logits: fixed biases, and penalties for what the reply has said already.

    As OpenAI's interface defines them: `presence` once for each token that has come, `frequency` for each time.
    """

    def __init__(self, sampling: Sampling, weights: Any) -> None:
        self._presence, self._frequency = sampling.presence_penalty or 0.0, sampling.frequency_penalty or 0.0
        size = weights.config.get_text_config().vocab_size
        self._fixed = torch.zeros(size, device=weights.device)
        for token, bias in sampling.logit_bias.items():
            if int(token) < size:
                self._fixed[int(token)] = bias
        self._counts = torch.zeros_like(self._fixed)

    def count(self, token: int) -> None:
        self._counts[token] += 1

    def added_to(self, logits: torch.Tensor) -> torch.Tensor:
        penalties = self._presence * (self._counts > 0) + self._frequency * self._counts
        return logits + self._fixed - penalties


def load(checkpoint: Checkpoint, *, device: Device = "auto", dtype: str = "auto") -> CausalLM:
    """Load a checkpoint from its folder: no network, no code from the folder, safetensors only.

    Raises:
        BadInput: it cannot be loaded.
    """
    logging.disable_progress_bar()
    place = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    safely: Mapping[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        weights, found = AutoModelForCausalLM.from_pretrained(
            checkpoint.base, dtype=DTYPES[dtype], use_safetensors=True, output_loading_info=True, **safely
        )
        if checkpoint.is_adapter:
            weights = _merged(weights, checkpoint.folder)
        tokenizer = AutoTokenizer.from_pretrained(checkpoint.tokenizer, **safely)
        loaded = CausalLM(weights.to(place).eval(), tokenizer)
    # transformers raises whatever its parts raise.
    except Exception as error:
        raise BadInput(f"{checkpoint.folder} cannot be loaded: {error}") from error
    if missing := found["missing_keys"]:
        raise BadInput(f"{checkpoint.base} lacks weights: {', '.join(sorted(missing)[:5])} …")
    return loaded


def _merged(weights: Any, adapter: Path) -> Any:
    """Return the weights with the adapter's changes in them: as quick as without an adapter."""
    from peft import PeftModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # between peft and transformers; nobody here can act on it
        return PeftModel.from_pretrained(weights, adapter, local_files_only=True).merge_and_unload()
