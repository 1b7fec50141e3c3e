"""A language model in memory: a folder's network, tokenizer and way of writing conversations."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from tokenizers import Tokenizer

from generation.backends.llama.drawing import TokenDraw
from generation.backends.llama.network import Cache, Network
from generation.backends.llama.shape import read_shape
from generation.backends.llama.weights import merged, read_weights
from generation.checkpoints import Checkpoint
from generation.conversation import Message, Sampling
from generation.errors import BadInput, ContextTooLong, Rejected
from generation.prompts import PromptFormat

READ_AT_ONCE = 256  # tokens of a prompt; keeps the scores of a long one small


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """What is needed to write replies. Threads may share it.

    Attributes:
        ends: ids of the tokens that end a reply.
        min_tokens: tokens that a reply has before it may end.
        bos_token: the text that begins a conversation, where there is one.
        eos_token: the text that ends a reply.
    """

    network: Network
    tokenizer: Tokenizer
    chat_template: PromptFormat
    ends: frozenset[int]
    min_tokens: int
    bos_token: str | None
    eos_token: str | None

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """Return a conversation as tokens, up to where the reply begins.

        Raises:
            ContextTooLong: no room would be left for a reply.
            Rejected: the chat template refuses the conversation, or it is empty.
        """
        try:
            text = self.chat_template.render(
                [asdict(message) for message in messages], self, add_generation_prompt=True
            )
        except jinja2.TemplateError as error:
            raise Rejected(f"The chat template refuses this conversation: {error}.") from error
        # The template has written the special tokens already.
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        if not ids:
            raise Rejected("The prompt is empty.")
        if len(ids) >= self.network.shape.context:
            raise ContextTooLong(f"The prompt has {len(ids)} tokens, and the context {self.network.shape.context}.")
        return ids

    def draw(self, prompt: Sequence[int], sampling: Sampling) -> Iterator[int]:
        """Yield the reply's tokens, up to `sampling.max_tokens` or until the context is full."""
        room = min(sampling.max_tokens, self.network.shape.context - len(prompt))
        cache, draw = Cache(self.network.shape, len(prompt) + room), TokenDraw(sampling)
        *parts, unread = (prompt[at : at + READ_AT_ONCE] for at in range(0, len(prompt), READ_AT_ONCE))
        for part in parts:
            self.network.read(part, cache)
        for written in range(room):
            logits = self.network.read(unread, cache)
            if written < self.min_tokens:
                logits[list(self.ends)] = -np.inf
            token = draw(logits)
            yield token
            unread = [token]

    def decode(self, ids: Sequence[int]) -> str:
        """Return tokens as text, without the special ones."""
        text: str = self.tokenizer.decode(list(ids), skip_special_tokens=True)
        return text


def load(checkpoint: Checkpoint, *, chat_template: PromptFormat | None = None) -> LanguageModel:
    """Load a checkpoint. `chat_template` writes the conversations; left out, its own does.

    Raises:
        BadInput: a file is damaged, or describes a network that cannot be computed here.
    """
    shape = read_shape(_json(checkpoint.base / "config.json"))
    weights = read_weights(checkpoint.base)
    if checkpoint.is_adapter:
        weights = merged(weights, checkpoint.folder)
    settings = _generation_config(checkpoint)
    tokenizer, eos_token = _tokenizer(checkpoint.tokenizer / "tokenizer.json"), checkpoint.special_token("eos_token")
    return LanguageModel(
        network=Network(shape, weights),
        tokenizer=tokenizer,
        chat_template=chat_template or _chat_template(checkpoint),
        ends=_ids(settings.get("eos_token_id")) | _ids(tokenizer.token_to_id(eos_token) if eos_token else None),
        min_tokens=settings.get("min_new_tokens") or 0,
        bos_token=checkpoint.special_token("bos_token"),
        eos_token=eos_token,
    )


def _tokenizer(path: Path) -> Tokenizer:
    try:
        return Tokenizer.from_buffer(path.read_bytes())
    # The Rust side raises plain exceptions for what it cannot read.
    except Exception as error:
        raise BadInput(f"{path} cannot be read as a tokenizer: {error}.") from error


def _chat_template(checkpoint: Checkpoint) -> PromptFormat:
    file = checkpoint.tokenizer / "chat_template.jinja"
    template = file.read_text("utf-8") if file.exists() else _tokenizer_config(checkpoint).get("chat_template")
    if not isinstance(template, str):
        raise BadInput(
            f"{checkpoint.tokenizer} has no chat template, which would say how to write a conversation for it.",
            hint="Put one there as chat_template.jinja.",
        )
    own = PromptFormat("own", template, source=str(checkpoint.tokenizer))
    try:
        own.render([{"role": "user", "content": "Hello"}], add_generation_prompt=True)
    except jinja2.TemplateError as error:
        raise BadInput(f"The chat template of {checkpoint.tokenizer} cannot be used: {error}.") from error
    return own


def _generation_config(checkpoint: Checkpoint) -> Mapping[str, Any]:
    """Return the settings of `config.json`, replaced by those of `generation_config.json`."""
    config = _json(checkpoint.base / "config.json")
    for folder in (checkpoint.base, checkpoint.folder):
        if (file := folder / "generation_config.json").exists():
            # A null keeps the value that was found before.
            config |= {key: value for key, value in _json(file).items() if value is not None}
    return config


def _ids(value: Any) -> frozenset[int]:
    return frozenset(value if isinstance(value, list) else [] if value is None else [value])


def _tokenizer_config(checkpoint: Checkpoint) -> Mapping[str, Any]:
    file = checkpoint.tokenizer / "tokenizer_config.json"
    return _json(file) if file.exists() else {}


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{path} cannot be read: {error}.") from error
    if not isinstance(value, dict):
        raise BadInput(f"{path} is not a JSON object.")
    return value
