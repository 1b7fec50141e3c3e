"""Options: the options of each backend, declared once. Contenders files, recipes and backends are checked by them.

They are not beside the backends, whose libraries take seconds to import. Those of `scripted` are in `script`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from generation.backends.addresses import ADDRESS, ADDRESSES
from generation.declared_tables import Means, TableFault
from generation.errors import BadInput
from generation.prompts import FORMATS
from generation.prompts.templates import TEMPLATE
from generation.value_rules import FILLED, LINE, Count, NotNegative, Positive, fields_without, one_of

OUR_FIELDS = {"model", "messages", "prompt", "stream", "stream_options"}  # fields of a request

PromptFormatName = Annotated[
    str | None,
    one_of(*FORMATS),
    Means("how a conversation is written where no chat template says it", example="alpaca"),
]


ChatTemplateText = Annotated[
    str | None,
    TEMPLATE,
    Means(
        "instead of a `prompt_format`: Jinja text, a .jinja file or a checkpoint's folder, kept as it is read",
        example="{% for message in messages %}{{ message.content }}{% endfor %}",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIOptions:
    """An OpenAI-compatible endpoint: one server, or several that serve the same weights."""

    url: Annotated[str | None, ADDRESS, Means("where the endpoint is", example="http://127.0.0.1:8000/v1")] = None
    urls: Annotated[
        tuple[str, ...],
        ADDRESSES,
        Means(
            "instead of `url`: several servers, the least busy one answers",
            example=["http://gpu1:8000/v1", "http://gpu2:8000/v1"],
        ),
    ] = ()
    model: Annotated[str, LINE, Means("its name at the endpoint", example="alpaca-7b")]
    protocol: Annotated[
        Literal["chat", "completions", "continuation"],
        Means(
            "with `completions` the arena writes the prompt, for base models; `continuation` is the bare text",
            example="completions",
        ),
    ] = "chat"
    prompt_format: PromptFormatName = None
    chat_template: ChatTemplateText = None
    bos_token: Annotated[
        str | None, LINE, Means("what `chat_template` begins a conversation with, if not `<s>`", example="<bos>")
    ] = None
    eos_token: Annotated[
        str | None, LINE, Means("what `chat_template` ends a reply with, if not `</s>`", example="<eos>")
    ] = None
    max_tokens_field: Annotated[
        Literal["max_tokens", "max_completion_tokens"],
        Means("the newer name is for endpoints that refuse the older", example="max_completion_tokens"),
    ] = "max_tokens"
    stream_usage: Annotated[
        bool | None,
        Means("whether token counts are asked for; left out, they are, unless the endpoint refuses", example=False),
    ] = None
    clean_endings: Annotated[
        tuple[str, ...],
        FILLED,
        Means("further words of the endpoint for the end of a whole reply", example=["natural_end"]),
    ] = ()
    reasoning_effort: Annotated[
        str | None,
        one_of("none", "minimal", "low", "medium", "high", "xhigh"),
        Means("how much it thinks, sent in the field that the endpoint takes", example="low"),
    ] = None
    thinking_tokens: Annotated[
        Count | None,
        Means("the most tokens of thinking, sent where the endpoint takes it, and added to `max_tokens`", example=4096),
    ] = None
    extra: Annotated[
        Mapping[str, Any],
        fields_without(OUR_FIELDS),
        Means("further fields of the request, as the endpoint wants them", example={"top_k": 20}),
    ] = field(default_factory=dict)
    timeout_s: Annotated[
        Positive,
        Means("longest silence on the wire, and longest reply that is not streamed", unit="seconds", example=300),
    ] = 300.0

    @classmethod
    def faults_between(cls, table: Mapping[str, Any]) -> Iterator[TableFault]:
        """Yield what is wrong with the addresses together."""
        if not table.get("url") and not table.get("urls"):
            yield TableFault("url", "is missing; give `url`, or `urls` for several servers")
        if {"url", "urls"} <= table.keys():
            yield TableFault("urls", "must not be given beside `url`")
        yield from _two_ways_to_write(table)


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorOptions:
    """An API that speaks a protocol of its own vendor."""

    vendor: Annotated[
        Literal["anthropic", "azure", "bedrock", "gemini", "responses", "vertex"],
        Means("whose protocol; `responses` is OpenAI's newer one", example="anthropic"),
    ]
    model: Annotated[str, LINE, Means("its name there; at Azure, the deployment", example="claude-sonnet-4-5")]
    url: Annotated[str | None, ADDRESS, Means("if it is not the vendor's own", example="https://gateway.example")] = (
        None
    )
    region: Annotated[str | None, LINE, Means("of `bedrock` and `vertex`", example="us-east-1")] = None
    project: Annotated[str | None, LINE, Means("of `vertex`", example="our-project")] = None
    api_version: Annotated[str | None, LINE, Means("of `azure`", example="2024-10-21")] = None
    reasoning_effort: Annotated[
        str | None,
        one_of("none", "minimal", "low", "medium", "high", "xhigh"),
        Means("how much it thinks, where it can be told", example="low"),
    ] = None
    headers: Annotated[
        Mapping[str, str], Means("further headers; never a key", example={"anthropic-beta": "context-1m-2025-08-07"})
    ] = field(default_factory=dict)
    extra: Annotated[
        Mapping[str, Any],
        fields_without(OUR_FIELDS),
        Means("further fields of the request, as the vendor wants them", example={"top_k": 20}),
    ] = field(default_factory=dict)
    timeout_s: Annotated[Positive, Means("longest silence on the wire", unit="seconds", example=300)] = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointOptions:
    """A checkpoint on this machine."""

    folder: Annotated[str, LINE, Means("the checkpoint, or a PEFT adapter", example="runs/tiny")]
    base_folder: Annotated[
        str | None, LINE, Means("where an adapter's base lies, if not where it says", example="runs/llama-7b")
    ] = None
    chat_template: ChatTemplateText = None

    @classmethod
    def faults_between(cls, table: Mapping[str, Any]) -> Iterator[TableFault]:
        """Yield what is wrong with several options together."""
        yield from _two_ways_to_write(table)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransformersOptions(CheckpointOptions):
    """A checkpoint that torch runs in this process."""

    prompt_format: PromptFormatName = None
    device: Annotated[Literal["auto", "cpu", "cuda"], Means("where it runs", example="cpu")] = "auto"
    dtype: Annotated[
        Literal["auto", "float32", "float16", "bfloat16"], Means("type of the weights in memory", example="float32")
    ] = "auto"
    threads: Annotated[
        Count | None, Means("CPU threads of torch in all of this process; 1 suits tiny ones", example=1)
    ] = None
    concurrency: Annotated[Count, Means("replies that are written at the same time", example=1)] = 1
    waiting: Annotated[Count, Means("further replies that may wait", example=16)] = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedOptions:
    """Answers that were stored before."""

    file: Annotated[
        str,
        LINE,
        Means("a JSON object a line, with `prompt` or `messages`, and `reply`", example="recordings/davinci-003.jsonl"),
    ]
    pace: Annotated[
        Literal["natural", "recorded", "at once"],
        Means("how fast; `recorded` goes by its `first_token_s` and `duration_s`", example="recorded"),
    ] = "natural"
    first_token_s: Annotated[
        NotNegative, Means("until the first word, at natural pace", unit="seconds", example=0.5)
    ] = 0.5
    tokens_per_s: Annotated[NotNegative, Means("words a second at natural pace; 0 gives all at once", example=15)] = (
        15.0
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VLLMOptions:
    """An engine in this process, for generation runs."""

    model: Annotated[str, LINE, Means("a folder, or a name on the hub", example="runs/alpaca-7b")]
    protocol: Annotated[
        Literal["chat", "continuation"], Means("`continuation` is the bare text, for base models", example="chat")
    ] = "chat"
    engine: Annotated[
        Mapping[str, Any], Means("engine arguments, as vLLM names them", example={"gpu_memory_utilization": 0.9})
    ] = field(default_factory=dict)


def _two_ways_to_write(table: Mapping[str, Any]) -> Iterator[TableFault]:
    if table.get("chat_template") and table.get("prompt_format"):
        yield TableFault("chat_template", "must not be given beside `prompt_format`")


KINDS = ("openai", "vendor", "numpy", "transformers", "recorded", "scripted", "vllm")


def options_of(kind: str) -> type:
    """Return the dataclass that declares the options of the backend `kind`.

    Raises:
        BadInput: there is no such backend.
    """
    if kind == "scripted":
        from generation.backends.script import ScriptOptions  # which imports this module

        return ScriptOptions
    if kind not in _DECLARED:
        raise BadInput(f"`{kind}` is not a backend.", hint=f"There are {', '.join(KINDS)}.")
    return _DECLARED[kind]


_DECLARED: Mapping[str, type] = {
    "openai": OpenAIOptions,
    "vendor": VendorOptions,
    "numpy": CheckpointOptions,
    "transformers": TransformersOptions,
    "recorded": RecordedOptions,
    "vllm": VLLMOptions,
}


def named(kind: str) -> str:
    """Return the words for the options of a backend in a message."""
    return f"The options of a `{kind}` backend"
