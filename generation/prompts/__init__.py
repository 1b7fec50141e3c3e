"""Prompt formats: how a conversation is written out for a language model, in training and in serving alike.

    format = prompt_format("vicuna_v1.1")
    format.encode(tokenizer, messages)      # token ids, and which of them a model learns
    format.render(messages, tokenizer, add_generation_prompt=True)
    format.chat_template                    # for `tokenizer.chat_template` and vLLM's --chat-template

A format is one Jinja file in this folder, its only definition. What stands between `{% generation %}` and
`{% endgeneration %}` is what the assistant writes: the reply and the token that ends it. Messages are
`generation.conversation.Message`s or mappings with `role` and `content`; one of Alpaca's may have an `input` as well.
Where nothing is published, what is written is our own: how Alpaca's and KoAlpaca's formats go on after one exchange,
and `base`. `harmony` leaves out the current date, which its publication allows: the same conversation is the same text
on every day. A template of another's making, from a file or a checkpoint, is read by `generation.prompts.templates`.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, get_args

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from generation.conversation import Message
from generation.errors import BadInput, Rejected

FormatName = Literal[
    "alpaca",
    "alpaca_lora",
    "koalpaca",
    "vicuna_v1.1",
    "llama2_chat",
    "llama3",
    "mistral_v1",
    "mistral_v3",
    "mistral_v3_tekken",
    "mistral_v7",
    "gemma",
    "zephyr",
    "chatml",
    "qwen2",
    "qwen2.5",
    "harmony",
    "codellama_infill",
    "base",
]
Messages = Sequence[Message] | Sequence[Mapping[str, Any]]
_FOLDER = Path(__file__).parent


class SpecialTokens(Protocol):
    """The texts that begin a conversation and end a reply. Every tokenizer has them."""

    @property
    def bos_token(self) -> str | None:
        """What begins a conversation, where something does."""
        ...

    @property
    def eos_token(self) -> str | None:
        """What ends a reply."""
        ...


class Tokenizer(SpecialTokens, Protocol):
    """The part of a tokenizer that a format needs; those of `transformers` have it."""

    def encode(self, text: str, *, add_special_tokens: bool) -> list[int]:
        """Return the token ids of `text`."""
        ...


@dataclass(frozen=True, slots=True)
class NoTokens:
    """A format's bare text, without tokens that only a tokenizer knows."""

    bos_token: str | None = None
    eos_token: str | None = None


# Llama's, Mistral's and Vicuna's.
LLAMA_TOKENS = NoTokens("<s>", "</s>")


@dataclass(frozen=True, slots=True)
class PromptPart:
    """A part of a written-out conversation. `trained`: the assistant wrote it, so a model learns it."""

    text: str
    trained: bool


@dataclass(frozen=True, slots=True)
class Encoded:
    """A conversation as tokens: `ids`, and for each whether it is `trained`, that is, in the loss."""

    ids: list[int]
    trained: list[bool]


@dataclass(frozen=True, slots=True)
class PromptFormat:
    """One way to write a conversation.

    Attributes:
        name: its name here.
        chat_template: Jinja as `transformers` and vLLM take it, with generation markers.
        source: where it is published.
        end: the text that ends a reply; None for the tokenizer's `eos_token`, "" where nothing does.
        stop: strings that end a reply even if no token ended it.
        tokens: those of the checkpoints that it was published with, for a text that a server will encode.
    """

    name: str
    chat_template: str
    source: str
    end: str | None = None
    stop: tuple[str, ...] = ()
    tokens: SpecialTokens = LLAMA_TOKENS

    def pieces(
        self, messages: Messages, tokens: SpecialTokens | None = None, *, add_generation_prompt: bool = False
    ) -> list[PromptPart]:
        """Return the conversation in parts, each written by the assistant or not.

        `tokens` is usually a tokenizer; without it, `bos_token` and `eos_token` are empty.
        `add_generation_prompt` ends the text where a reply is due.
        """
        tokens = tokens or NoTokens()
        pieces: list[PromptPart] = []
        for chunk in _compiled(self.chat_template).generate(
            messages=messages,
            bos_token=tokens.bos_token or "",
            eos_token=tokens.eos_token or "",
            add_generation_prompt=add_generation_prompt,
        ):
            trained = isinstance(chunk, _Reply)
            if pieces and pieces[-1].trained == trained:
                pieces[-1] = PromptPart(pieces[-1].text + chunk, trained)
            elif chunk:
                pieces.append(PromptPart(str(chunk), trained))
        return pieces

    def render(
        self, messages: Messages, tokens: SpecialTokens | None = None, *, add_generation_prompt: bool = False
    ) -> str:
        """Return the conversation as one text; arguments as for `pieces`."""
        written = self.pieces(messages, tokens, add_generation_prompt=add_generation_prompt)
        return "".join(piece.text for piece in written)

    def for_completion(self, messages: Messages) -> str:
        """Return the text that a completions endpoint continues; its server adds the first token by itself.

        Raises:
            Rejected: the format has no place for this conversation.
        """
        try:
            text = self.render(messages, self.tokens, add_generation_prompt=True)
        except jinja2.TemplateError as refusal:
            raise Rejected(f"The prompt format {self.name} refuses this conversation: {refusal}.") from refusal
        return text.removeprefix(self.tokens.bos_token or "")

    def encode(self, tokenizer: Tokenizer, messages: Messages, *, add_generation_prompt: bool = False) -> Encoded:
        """Return the conversation as tokens and what is learned of it.

        Each piece is encoded by itself, as a server does that encodes the prompt and then writes token by token:
        no token reaches from the prompt into the reply, so the mask is exact by construction.
        """
        encoded = Encoded([], [])
        before, marks = "", _marks_beginnings(tokenizer)  # type: ignore[arg-type]  # all have an identity
        for piece in self.pieces(messages, tokenizer, add_generation_prompt=add_generation_prompt):
            end = self.end_of_reply(tokenizer)
            ids = _ids_after(before if marks else "", piece.text, tokenizer, end=end)
            encoded.ids.extend(ids)
            encoded.trained.extend([piece.trained] * len(ids))
            before = piece.text
        return encoded

    def end_of_reply(self, tokens: SpecialTokens) -> str:
        """Return the text of the token that ends a reply, "" where none does."""
        return self.end if self.end is not None else tokens.eos_token or ""


def prompt_format(name: str) -> PromptFormat:
    """Return the format called `name`.

    Raises:
        BadInput: there is none.
    """
    if name not in FORMATS:
        raise BadInput(f"There is no prompt format {name}.", hint=f"There are: {', '.join(FORMATS)}.")
    return FORMATS[name]


@functools.lru_cache(maxsize=4)
def _marks_beginnings(tokenizer: Tokenizer) -> bool:
    """Return whether a tokenizer, as Llama's, adds a space of its own at the beginning of a text."""
    alone, newline, both = (tokenizer.encode(text, add_special_tokens=False) for text in ("x", "\n", "\nx"))
    return alone != both[len(newline) :]


def _ids_after(before: str, text: str, tokenizer: Tokenizer, *, end: str) -> list[int]:
    """Return the tokens of `text` where it follows `before`.

    Some tokenizers encode the beginning of a text in another way, even after the token `end`. So `text` is encoded
    together with the end of `before`, whose tokens are then removed.
    """

    def encode(part: str) -> list[int]:
        return tokenizer.encode(part, add_special_tokens=False)

    if not before:
        return encode(text)
    last = end if end and before.endswith(end) else "\n"
    head, both = encode(last), encode(last + text)
    return both[len(head) :] if both[: len(head)] == head else encode(text)


class _Reply(str):
    """A chunk that the assistant wrote."""

    __slots__ = ()


class _GenerationTag(Extension):
    """`{% generation %}…{% endgeneration %}`, as in `transformers`; here it gives a `_Reply`."""

    tags = {"generation"}  # noqa: RUF012 (as Jinja has it)

    def parse(self, parser: Parser) -> nodes.Node:
        """Return the block as a call of `_reply`."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_reply"), [], [], body).set_lineno(line)

    def _reply(self, caller: Any) -> str:
        return _Reply(caller())


@functools.cache
def _compiled(chat_template: str) -> jinja2.Template:
    # As transformers compiles it: in a sandbox, since a checkpoint brings its own. Autoescape off: the text goes to a
    # language model, not into a page.
    environment = ImmutableSandboxedEnvironment(
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[_GenerationTag, "jinja2.ext.loopcontrols"],
    )
    environment.globals["raise_exception"] = _refuse
    return environment.from_string(chat_template)


def _refuse(sentence: str) -> str:
    """Raise the error by which a template refuses a conversation."""
    raise jinja2.TemplateError(sentence)


def _format(name: FormatName, source: str, **details: Any) -> PromptFormat:
    return PromptFormat(name, (_FOLDER / f"{name}.jinja").read_text(encoding="utf-8"), source, **details)


MISTRAL = "mistralai/mistral-common, instruct tokenizer"
FORMATS: Mapping[str, PromptFormat] = {
    made.name: made
    for made in (
        _format("alpaca", "tatsu-lab/stanford_alpaca, train.py, PROMPT_DICT", stop=("\n\n### Instruction:",)),
        _format("alpaca_lora", "tloen/alpaca-lora, templates/alpaca.json", stop=("\n\n### Instruction:",)),
        _format(
            "koalpaca",
            "beomi/KoAlpaca-Polyglot-12.8B, model card",
            stop=("\n\n### 질문:", "\n###"),
            tokens=NoTokens(None, "<|endoftext|>"),
        ),
        _format("vicuna_v1.1", "lm-sys/FastChat, conversation.py, vicuna_v1.1 (ADD_COLON_TWO)", stop=("USER:",)),
        _format("llama2_chat", "meta-llama/llama, generation.py, chat_completion"),
        _format(
            "llama3",
            "llama.com, Model Cards and Prompt formats, Meta Llama 3",
            end="<|eot_id|>",
            tokens=NoTokens("<|begin_of_text|>", "<|eot_id|>"),
        ),
        _format("mistral_v1", f"{MISTRAL} v1"),
        _format("mistral_v3", f"{MISTRAL} v3"),
        _format("mistral_v3_tekken", f"{MISTRAL} v3 (Tekken)"),
        _format("mistral_v7", f"{MISTRAL} v7"),
        _format(
            "gemma",
            "ai.google.dev/gemma, Gemma formatting and system instructions",
            end="<end_of_turn>",
            tokens=NoTokens("<bos>", "<eos>"),
        ),
        _format("zephyr", "HuggingFaceH4/zephyr-7b-beta, model card"),
        _format("chatml", "openai/openai-python v0.27, chatml.md", end="<|im_end|>"),
        _format("qwen2", "Qwen/Qwen2-7B-Instruct, tokenizer_config.json", end="<|im_end|>"),
        _format("qwen2.5", "Qwen/Qwen2.5-7B-Instruct, tokenizer_config.json", end="<|im_end|>"),
        _format("harmony", "OpenAI cookbook, OpenAI harmony response format", end="<|return|>"),
        _format("codellama_infill", "meta-llama/codellama, generation.py, text_infilling", end="<EOT>"),
        _format("base", "ours", end="", stop=("\n### Person:", "\n### Assistant:")),
    )
}
assert set(FORMATS) == set(get_args(FormatName))
