"""A causal language model in memory: loads a checkpoint and draws tokens one by one. Needs torch.

Imported in the thread that loads, since torch alone takes seconds.

The tokens are drawn by transformers' own `generate`, which knows the forward pass of each release and architecture. A
loop of our own would save too little to notice: measured on one CPU core with the demo's contenders, 0.1 to 0.4 ms
of about 2 ms a token, and 1 to 2 ms until the first token. When a reader leaves, the thread is free equally soon with
both.
"""

import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import jinja2
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    MinPLogitsWarper,
    StoppingCriteria,
    StoppingCriteriaList,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)
from transformers.utils import logging

from generation.checkpoints import Checkpoint
from generation.conversation import Message, Sampling
from generation.errors import BadInput, ContextTooLong, Rejected, ServerFault
from generation.prompts import PromptFormat

Device = Literal["auto", "cpu", "cuda"]
# Settings of a checkpoint's `generation_config.json` that are obeyed besides those of sampling. The others choose a
# search method, such as beams, that is not offered here.
OBEYED_SETTINGS = (
    *("min_new_tokens", "repetition_penalty", "no_repeat_ngram_size"),
    *("bad_words_ids", "suppress_tokens", "begin_suppress_tokens"),
)
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
        self._defaults = weights.generation_config
        # Otherwise `generate` would take values from it that the request leaves open.
        weights.generation_config = GenerationConfig()
        # Some architectures have no limit.
        self._context = getattr(weights.config.get_text_config(), "max_position_embeddings", None) or sys.maxsize
        ends = self._defaults.eos_token_id
        self.ends = {*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id} - {None}

    def prompt_ids(self, messages: list[Message], prompt_format: PromptFormat | None) -> list[int]:
        """Return the conversation as tokens that end where the reply begins.

        Args:
            messages: the conversation.
            prompt_format: how to write it; None for the tokenizer's own chat template.

        Raises:
            ContextTooLong: no room would be left for a reply.
            Rejected: the chat template refuses the conversation.
        """
        if prompt_format:
            ids = prompt_format.encode(self.tokenizer, messages, add_generation_prompt=True).ids
        else:
            conversation = [{"role": message.role, "content": message.content} for message in messages]
            try:
                text = self.tokenizer.apply_chat_template(conversation, tokenize=False, add_generation_prompt=True)
            except jinja2.TemplateError as error:
                raise Rejected(f"The chat template refuses this conversation: {error}.") from error
            ids = self.tokenizer.encode(text, add_special_tokens=False)
        if self.room_after(ids) <= 0:
            raise ContextTooLong(f"The prompt has {len(ids)} tokens, and the context {self._context}.")
        return ids

    def room_after(self, prompt: list[int]) -> int:
        """Return how many tokens the context has left after `prompt`."""
        return self._context - len(prompt)

    def draw(self, prompt: list[int], sampling: Sampling, *, max_tokens: int, on_token: Callable[[int], bool]) -> None:
        """Draw up to `max_tokens` tokens. `on_token` gets each at once, and ends the reply if it returns True.

        Raises:
            ServerFault: the network computes NaN.
        """
        ids = torch.tensor([prompt], device=self._weights.device)
        ends = sorted(self.ends)
        config = GenerationConfig(
            **{name: getattr(self._defaults, name, None) for name in OBEYED_SETTINGS},
            do_sample=False,  # `_SeededDraw` samples: `generate` has no random generator for each reply
            max_new_tokens=max_tokens,
            eos_token_id=ends or None,
            pad_token_id=ends[0] if ends else None,  # unused: there is only one reply
        )
        with torch.inference_mode():
            self._weights.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                generation_config=config,
                logits_processor=LogitsProcessorList(self._processors(len(prompt), sampling)),
                stopping_criteria=StoppingCriteriaList([_Listener(on_token)]),
            )

    def _processors(self, prompt_length: int, sampling: Sampling) -> list[LogitsProcessor]:
        """Return the steps from logits to a token. The folder gives the values that the request leaves open."""
        defaults = self._defaults if self._defaults.do_sample else GenerationConfig()
        default_temperature = (
            (1.0 if defaults.temperature is None else defaults.temperature) if defaults.do_sample else 0.0
        )
        temperature = default_temperature if sampling.temperature is None else sampling.temperature
        top_p = defaults.top_p if sampling.top_p is None else sampling.top_p
        processors: list[LogitsProcessor] = [_Biases(prompt_length, sampling)]
        if temperature == 0:
            return processors
        processors.append(TemperatureLogitsWarper(float(temperature)))
        if defaults.top_k:
            processors.append(TopKLogitsWarper(defaults.top_k))
        if top_p is not None and top_p < 1:
            processors.append(TopPLogitsWarper(float(top_p)))
        if defaults.min_p:
            processors.append(MinPLogitsWarper(defaults.min_p))
        return [*processors, _SeededDraw(sampling.seed, self._weights.device)]


class _Biases(LogitsProcessor):  # type: ignore[misc]
    """Adds biases to the logits, and subtracts penalties for tokens that the reply has already.

    As in OpenAI's API: `presence` is subtracted once for a token that occurred, `frequency` for each occurrence.
    """

    def __init__(self, prompt_length: int, sampling: Sampling) -> None:
        self._prompt_length = prompt_length
        self._biases = {int(token): bias for token, bias in sampling.logit_bias.items()}
        self._presence, self._frequency = sampling.presence_penalty or 0.0, sampling.frequency_penalty or 0.0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if not torch.isfinite(scores).any() or torch.isnan(scores).any():
            raise ServerFault("The network computes NaN: the checkpoint is broken, or `dtype` has too small a range.")
        for token, bias in self._biases.items():
            if token < scores.shape[-1]:
                scores[0, token] += bias
        if self._presence or self._frequency:
            counts = torch.bincount(input_ids[0, self._prompt_length :], minlength=scores.shape[-1])
            scores = scores - self._presence * (counts > 0) - self._frequency * counts
        return scores


class _SeededDraw(LogitsProcessor):  # type: ignore[misc]
    """Draws a token with its own random generator, so that other replies do not disturb a seed."""

    def __init__(self, seed: int | None, device: torch.device) -> None:
        self._rng = torch.Generator(device)
        if seed is None:
            self._rng.seed()
        else:
            self._rng.manual_seed(seed)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:  # noqa: ARG002
        drawn = torch.multinomial(scores.softmax(-1), 1, generator=self._rng)
        return torch.full_like(scores, -torch.inf).scatter(1, drawn, 0.0)


class _Listener(StoppingCriteria):  # type: ignore[misc]
    """Passes each token to a callback, which says when to stop."""

    def __init__(self, on_token: Callable[[int], bool]) -> None:
        self._on_token = on_token
        self._over = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:  # noqa: ARG002
        # Where reading this result would make the device wait, transformers draws one more token after the stop.
        self._over = self._over or self._on_token(int(input_ids[0, -1]))
        return torch.full((1,), self._over, dtype=torch.bool, device=input_ids.device)


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
    # transformers passes on the exceptions of many libraries.
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
