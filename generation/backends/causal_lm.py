"""A causal language model in memory: loads a checkpoint and draws tokens one by one. Needs torch.

Imported in the thread that loads, since torch alone takes seconds.

The loop that draws is transformers' own `generate`, which knows the forward pass of each release and architecture. A
loop of our own would save too little to be felt: measured on one CPU core with the demo's contenders, 0.1 to 0.4 ms
of about 2 ms a token, and 1 to 2 ms until the first token. A reader that leaves frees the thread as soon with either.
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
# What a checkpoint's `generation_config.json` may ask for. The rest of it is about ways to search, which are ours.
OBEYED = (
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
        self._own = weights.generation_config
        # `generate` would fill in from it what a request leaves open.
        weights.generation_config = GenerationConfig()
        # Some architectures have no limit.
        self._context = getattr(weights.config.get_text_config(), "max_position_embeddings", None) or sys.maxsize
        ends = self._own.eos_token_id
        self.ends = {*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id} - {None}

    def prompt_ids(self, messages: list[Message], written: PromptFormat | None) -> list[int]:
        """Return the conversation as tokens that end where the reply begins.

        Args:
            messages: the conversation.
            written: how to write it; None for the tokenizer's own chat template.

        Raises:
            ContextTooLong: no room would be left for a reply.
            Rejected: the chat template refuses the conversation.
        """
        if written:
            ids = written.encode(self.tokenizer, messages, add_generation_prompt=True).ids
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

    def draw(self, prompt: list[int], sampling: Sampling, *, max_tokens: int, hear: Callable[[int], bool]) -> None:
        """Draw up to `max_tokens` tokens and give each to `hear` at once, until that returns True or raises.

        Raises:
            ServerFault: the weights give no numbers.
        """
        ids = torch.tensor([prompt], device=self._weights.device)
        ends = sorted(self.ends)
        how = GenerationConfig(
            **{name: getattr(self._own, name, None) for name in OBEYED},
            do_sample=False,  # `_SeededDraw` has drawn already; `generate` itself knows no generator of one reply's own
            max_new_tokens=max_tokens,
            eos_token_id=ends or None,
            pad_token_id=ends[0] if ends else None,  # goes unused: there is one reply, and it ends here
        )
        with torch.inference_mode():
            self._weights.generate(
                ids,
                attention_mask=torch.ones_like(ids),
                generation_config=how,
                logits_processor=LogitsProcessorList(self._processors(len(prompt), sampling)),
                stopping_criteria=StoppingCriteriaList([_Listener(hear)]),
            )

    def _processors(self, prompt_length: int, sampling: Sampling) -> list[LogitsProcessor]:
        """Return what turns logits into the choice, in order; values that the request leaves open are the folder's."""
        own = self._own if self._own.do_sample else GenerationConfig()
        default = (1.0 if own.temperature is None else own.temperature) if own.do_sample else 0.0
        temperature = default if sampling.temperature is None else sampling.temperature
        top_p = own.top_p if sampling.top_p is None else sampling.top_p
        processors: list[LogitsProcessor] = [_Biases(prompt_length, sampling)]
        if temperature == 0:
            return processors
        processors.append(TemperatureLogitsWarper(float(temperature)))
        if own.top_k:
            processors.append(TopKLogitsWarper(own.top_k))
        if top_p is not None and top_p < 1:
            processors.append(TopPLogitsWarper(float(top_p)))
        if own.min_p:
            processors.append(MinPLogitsWarper(own.min_p))
        return [*processors, _SeededDraw(sampling.seed, self._weights.device)]


class _Biases(LogitsProcessor):  # type: ignore[misc]
    """What is added to the logits: fixed biases, and penalties for what the reply has said already.

    As OpenAI's interface defines them: `presence` once for each token that has come, `frequency` for each time.
    """

    def __init__(self, prompt_length: int, sampling: Sampling) -> None:
        self._prompt_length = prompt_length
        self._biases = {int(token): bias for token, bias in sampling.logit_bias.items()}
        self._presence, self._frequency = sampling.presence_penalty or 0.0, sampling.frequency_penalty or 0.0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if not torch.isfinite(scores).any() or torch.isnan(scores).any():
            raise ServerFault("The weights give no numbers (NaN); the checkpoint is broken, or its type too narrow.")
        for token, bias in self._biases.items():
            if token < scores.shape[-1]:
                scores[0, token] += bias
        if self._presence or self._frequency:
            counts = torch.bincount(input_ids[0, self._prompt_length :], minlength=scores.shape[-1])
            scores = scores - self._presence * (counts > 0) - self._frequency * counts
        return scores


class _SeededDraw(LogitsProcessor):  # type: ignore[misc]
    """Draws the token by dice of its own, so that a seed holds whatever else is written at the same time."""

    def __init__(self, seed: int | None, device: torch.device) -> None:
        self._dice = torch.Generator(device)
        if seed is None:
            self._dice.seed()
        else:
            self._dice.manual_seed(seed)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:  # noqa: ARG002
        drawn = torch.multinomial(scores.softmax(-1), 1, generator=self._dice)
        return torch.full_like(scores, -torch.inf).scatter(1, drawn, 0.0)


class _Listener(StoppingCriteria):  # type: ignore[misc]
    """Tells each token to somebody who also says when to stop."""

    def __init__(self, hear: Callable[[int], bool]) -> None:
        self._hear = hear
        self._over = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:  # noqa: ARG002
        # Where looking at the answer would make the device wait, transformers draws one token more than it is asked to.
        self._over = self._over or self._hear(int(input_ids[0, -1]))
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
