"""Streams as the vendors' own documentation prints them, and their faults: each is a mode of the fake endpoint.

Every entry names the page that it follows. `text` and `reasoning` are what a voter and a maintainer must get of it;
`ends` is the word for a proper end or the class of the fault.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from generation.errors import (
    BackendError,
    ContentFiltered,
    ContextTooLong,
    NotAStream,
    OnlyThinking,
    PromptDeclined,
    QuotaExhausted,
    RateLimited,
    Rejected,
    ServerFault,
    Truncated,
)
from tests.endpoints.exchange import Exchange
from tests.endpoints.modes import MODES

Ends = str | type[BackendError]


@dataclass(frozen=True)
class Published:
    """A stream (`parts`: objects, bare words or raw bytes) or an answer of another status (`body`), and its meaning."""

    page: str
    parts: Sequence[object] = ()
    text: str = ""
    ends: Ends = "stop"
    reasoning: str = ""
    usage: tuple[int, int] | None = None
    status: int = 200
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)
    style: str = ""


def delta(finish: object = None, /, index: int | None = 0, **said: Any) -> dict[str, Any]:
    place = {} if index is None else {"index": index}
    return {"object": "chat.completion.chunk", "choices": [{**place, "delta": said, "finish_reason": finish}]}


def spoken(*words: str, finish: object = "stop") -> list[object]:
    return [delta(role="assistant", content=""), *(delta(content=word) for word in words), delta(finish), "[DONE]"]


def counted(prompt: object, completion: object, **more: object) -> dict[str, Any]:
    return {"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion, **more}}


def whole(message: object, finish: object = "stop", **more: object) -> dict[str, Any]:
    return {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        **more,
    }


OPENAI = "platform.openai.com/docs/api-reference/chat-streaming"
OPENAI_ERRORS = "platform.openai.com/docs/guides/error-codes"
GEMINI = "ai.google.dev/gemini-api/docs/openai"
GEMINI_REASONS = "ai.google.dev/api/generate-content#FinishReason"
ANTHROPIC = "docs.anthropic.com/en/api/openai-sdk"
ANTHROPIC_ERRORS = "docs.anthropic.com/en/api/errors"
MISTRAL = "docs.mistral.ai/capabilities/reasoning"
DEEPSEEK = "api-docs.deepseek.com/api/create-chat-completion"
DEEPSEEK_THINKING = "api-docs.deepseek.com/guides/reasoning_model"
QWEN = "help.aliyun.com/zh/model-studio/deep-thinking"
ZHIPU = "docs.bigmodel.cn/api-reference"
GROQ = "console.groq.com/docs/errors"
OPENROUTER = "openrouter.ai/docs/use-cases/reasoning-tokens"
OPENROUTER_ERRORS = "openrouter.ai/docs/api-reference/errors"
HARMONY = "cookbook.openai.com/articles/openai-harmony"
VLLM = "docs.vllm.ai/en/latest/features/reasoning_outputs.html"
TGI = "huggingface.co/docs/text-generation-inference/messages_api"
LM_STUDIO = "lmstudio.ai/docs/app/api/endpoints/openai"
LLAMA_SERVER = "github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md"
PERPLEXITY = "docs.perplexity.ai/guides/streaming-responses"
XAI = "docs.x.ai/docs/guides/reasoning"
BEDROCK = "docs.aws.amazon.com/bedrock/latest/userguide/inference-chat-completions.html"
AZURE = "learn.microsoft.com/azure/ai-services/openai/concepts/content-filter"
CLOUDFLARE = "developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility"
COHERE = "docs.cohere.com/docs/compatibility-api"
LITELLM = "docs.litellm.ai/docs/reasoning_content"
SSE = "html.spec.whatwg.org/multipage/server-sent-events.html"

FAMILIES: dict[str, Published] = {
    # Proper replies.
    "openai-usage": Published(OPENAI, [*spoken("Hel", "lo")[:-1], counted(9, 2), "[DONE]"], "Hello", usage=(9, 2)),
    "openai-hidden-thinking": Published(
        OPENAI,
        [*spoken("Hello")[:-1], counted(9, 300, completion_tokens_details={"reasoning_tokens": 290}), "[DONE]"],
        "Hello",
        usage=(9, 300),
        style="hidden",
    ),
    "xai-hidden-thinking": Published(
        XAI,
        [
            *spoken("Hello")[:-1],
            counted(9, 2, total_tokens=311, completion_tokens_details={"reasoning_tokens": 300}),
            "[DONE]",
        ],
        "Hello",
        usage=(9, 302),
        style="hidden",
    ),
    "gemini-max-tokens": Published(GEMINI_REASONS, spoken("Hel", finish="MAX_TOKENS"), "Hel", "length"),
    "anthropic-end-turn": Published(ANTHROPIC, spoken("Hello", finish="end_turn"), "Hello"),
    "tgi-eos-token": Published(TGI, spoken("Hello", finish="eos_token"), "Hello"),
    "cohere-complete": Published(COHERE, spoken("Hello", finish="COMPLETE"), "Hello"),
    "mistral-model-length": Published(MISTRAL, spoken("Hel", finish="model_length"), "Hel", "length"),
    "perplexity-cumulative": Published(
        PERPLEXITY,
        [
            {"choices": [{"index": 0, "delta": {"content": "Hel"}, "message": {"content": "Hel"}}]},
            {"choices": [{"index": 0, "delta": {"content": "lo"}, "message": {"content": "Hello"}}]},
            {"choices": [{"index": 0, "delta": {}, "message": {"content": "Hello"}, "finish_reason": "stop"}]},
            "[DONE]",
        ],
        "Hello",
    ),
    "message-after-deltas": Published(
        LITELLM, [delta(content="Hel"), delta(content="lo"), whole({"content": "Hello"}), "[DONE]"], "Hello"
    ),
    "delta-repeats-all": Published(
        LITELLM,
        [delta(content="Alpacas hum "), delta(content="softly."), delta("stop", content="Alpacas hum softly.")],
        "Alpacas hum softly.",
    ),
    "other-choice-first": Published(
        OPENAI,
        [
            {"choices": [{"index": 1, "delta": {"content": "Other"}}, {"index": 0, "delta": {"content": "Hello"}}]},
            {"choices": [{"index": 1, "delta": {}, "finish_reason": "length"}]},
            delta("stop"),
            "[DONE]",
        ],
        "Hello",
    ),
    "no-index": Published(TGI, [delta(index=None, content="Hello"), delta("stop", index=None)], "Hello"),
    "byte-order-mark": Published(SSE, [b"\xef\xbb\xbf", *spoken("Hello")], "Hello"),
    "done-with-space": Published(SSE, [*spoken("Hello")[:-1], b"data:  [DONE] \n\n"], "Hello"),
    "whole-body-instead-of-stream": Published(
        CLOUDFLARE, body=whole({"role": "assistant", "content": "Hello"}, usage={}), text="Hello"
    ),
    "tool-deltas": Published(
        OPENAI,
        [
            delta(content="Hello"),
            delta(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": '{"a": 1}'}}]),
            delta(function_call={"name": "f", "arguments": "{}"}),
            delta(content=[{"type": "tool_use", "text": "LEAK"}, {"type": "image_url", "image_url": "LEAK"}]),
            delta(content={"text": "LEAK"}),
            delta("stop"),
        ],
        "Hello",
    ),
    "null-in-text-until-the-end": Published(
        QWEN, [delta("null", content="Hel"), delta("null", content="lo"), delta("stop")], "Hello"
    ),
    "finish-object": Published(VLLM, [delta(content="Hello"), delta({"type": "stop", "matched": 2})], "Hello"),
    # Numbers that cannot be true.
    "usage-negative": Published(LM_STUDIO, [*spoken("Hello")[:-1], counted(9, -5000)], "Hello"),
    "usage-endless": Published(LM_STUDIO, [*spoken("Hello")[:-1], counted(9, 10**30)], "Hello"),
    "usage-nan": Published(
        LM_STUDIO,
        [
            *spoken("Hello")[:-1],
            b'data: {"choices": [], "usage": {"prompt_tokens": NaN, "completion_tokens": Infinity}}\n\n',
        ],
        "Hello",
    ),
    "usage-text": Published(LM_STUDIO, [*spoken("Hello")[:-1], counted("9", "2")], "Hello"),
    "usage-truths": Published(LM_STUDIO, [*spoken("Hello")[:-1], counted(True, True)], "Hello"),
    "usage-zeros": Published(LM_STUDIO, [*spoken("Hello")[:-1], counted(0, 0)], "Hello"),
    "usage-then-zeros": Published(
        LM_STUDIO, [*spoken("Hello")[:-1], counted(9, 2), counted(0, 0)], "Hello", usage=(9, 2)
    ),
    # Thinking.
    "deepseek-reasoning-content": Published(
        DEEPSEEK_THINKING,
        [delta(reasoning_content="Hm", content=None), delta(reasoning_content="."), *spoken("Hello")],
        "Hello",
        reasoning="Hm.",
        style="field",
    ),
    "vllm-both-fields": Published(
        VLLM,
        [delta(reasoning="Hm.", reasoning_content="Hm."), *spoken("Hello")],
        "Hello",
        reasoning="Hm.",
        style="field",
    ),
    "openrouter-details": Published(
        OPENROUTER,
        [
            delta(content="", reasoning_details=[{"type": "reasoning.text", "text": "Hm."}]),
            delta(content="", reasoning_details=[{"type": "reasoning.encrypted", "data": "LEAK"}]),
            *spoken("Hello"),
        ],
        "Hello",
        reasoning="Hm.",
        style="field",
    ),
    "litellm-thinking-blocks": Published(
        LITELLM,
        [delta(thinking_blocks=[{"type": "thinking", "thinking": "Hm.", "signature": "LEAK"}]), *spoken("Hello")],
        "Hello",
        reasoning="Hm.",
        style="field",
    ),
    "mistral-lists": Published(
        MISTRAL,
        [
            delta(content=[{"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}]),
            delta(content=[{"type": "text", "text": "Hello"}]),
            delta("stop", content=""),
        ],
        "Hello",
        reasoning="Hm.",
        style="field",
    ),
    "anthropic-blocks": Published(
        ANTHROPIC,
        [delta(content=[{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Hello"}]), delta("stop")],
        "Hello",
        reasoning="Hm.",
        style="field",
    ),
    "qwen-marks": Published(
        QWEN, spoken("<thi", "nk>\nHm.\n</th", "ink>\n\nHel", "lo"), "Hello", reasoning="\nHm.\n", style="marks"
    ),
    "r1-lone-closing-mark": Published(
        DEEPSEEK_THINKING, spoken("Hm.", "\n</thi", "nk>\n\nHello"), "Hello", reasoning="Hm.\n", style="closing mark"
    ),
    "bedrock-reasoning": Published(
        BEDROCK, spoken("<reasoning>Hm.</reasoning>", "Hello"), "Hello", reasoning="Hm.", style="marks"
    ),
    "magistral-brackets": Published(
        MISTRAL, spoken("[THINK]Hm.", "[/THINK]Hello"), "Hello", reasoning="Hm.", style="marks"
    ),
    "harmony-channels": Published(
        HARMONY,
        spoken(
            "<|channel|>analysis<|mess",
            "age|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hel",
            "lo<|return|>",
        ),
        "Hello",
        reasoning="Hm.",
        style="marks",
    ),
    "harmony-stripped": Published(
        HARMONY, spoken("analysis", "Hm.assis", "tantfinalHello"), "Hello", reasoning="analysisHm.", style="marks"
    ),
    "talks-about-marks": Published(
        DEEPSEEK_THINKING,
        spoken("Models write `<think>`", " and `</think>`:\n```\n<think>\n</think>\n```\n"),
        "Models write `<think>` and `</think>`:\n```\n<think>\n</think>\n```\n",
    ),
    "only-thinking": Published(QWEN, spoken("<think>Hm.</think>"), ends=OnlyThinking, reasoning="Hm."),
    "cut-while-thinking": Published(QWEN, spoken("<think>Hm", finish="length"), ends=OnlyThinking, reasoning="Hm"),
    "cut-while-thinking-in-field": Published(
        DEEPSEEK_THINKING, [delta(reasoning_content="Hm"), delta("length")], ends=OnlyThinking, reasoning="Hm"
    ),
    "cut-while-thinking-hidden": Published(
        OPENAI,
        [delta("length"), counted(9, 48, completion_tokens_details={"reasoning_tokens": 48}), "[DONE]"],
        ends=OnlyThinking,
    ),
    # Ends that are no ends.
    "gemini-safety": Published(GEMINI_REASONS, spoken("The", finish="SAFETY"), "The", ContentFiltered),
    "gemini-recitation": Published(GEMINI_REASONS, spoken("The", finish="RECITATION"), "The", ContentFiltered),
    "gemini-other": Published(GEMINI_REASONS, spoken("The", finish="OTHER"), "The", Truncated),
    "zhipu-sensitive": Published(ZHIPU, spoken("The", finish="sensitive"), "The", ContentFiltered),
    "zhipu-network-error": Published(ZHIPU, spoken("The", finish="network_error"), "The", ServerFault),
    "deepseek-insufficient": Published(
        DEEPSEEK, spoken("The", finish="insufficient_system_resource"), "The", ServerFault
    ),
    "bedrock-guardrail": Published(BEDROCK, spoken("The", finish="guardrail_intervened"), "The", ContentFiltered),
    "anthropic-refusal": Published(ANTHROPIC, spoken("The", finish="refusal"), "The", ContentFiltered),
    "tool-call-at-the-end": Published(OPENAI, spoken("The", finish="tool_calls"), "The", Truncated),
    "unknown-word": Published(TGI, spoken("The", finish="all_good"), "The", Truncated),
    "null-in-text": Published(QWEN, spoken("The", finish="null"), "The", Truncated),
    # Errors in the middle.
    "error-code-as-text": Published(
        OPENROUTER_ERRORS,
        [delta(content="The"), {"error": {"code": "429", "message": "Slow down"}}],
        "The",
        RateLimited,
    ),
    "error-by-type": Published(
        ANTHROPIC_ERRORS,
        [delta(content="The"), b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error"}}\n\n'],
        "The",
        ServerFault,
    ),
    "error-finish": Published(
        OPENROUTER_ERRORS,
        [
            delta(content="The"),
            {"error": {"code": 402, "message": "Insufficient credits"}, "choices": [delta("error")["choices"][0]]},
        ],
        "The",
        QuotaExhausted,
    ),
    "error-line-without-field": Published(
        VLLM, [delta(content="The"), b'{"object": "error", "message": "Died", "code": 500}\n\n'], "The", ServerFault
    ),
    "dashscope-error-event": Published(
        QWEN,
        [
            b"event:error\n:HTTP_STATUS/400\n",
            b'data:{"code":"DataInspectionFailed","message":"Input may be inappropriate"}\n\n',
        ],
        ends=PromptDeclined,
    ),
    # Errors instead of a stream.
    "error-200-with-code": Published(
        CLOUDFLARE, body={"error": {"code": 429, "message": "Slow down."}}, ends=RateLimited
    ),
    "cloudflare-errors": Published(
        CLOUDFLARE, body={"success": False, "errors": [{"code": 7009, "message": "Upstream"}]}, ends=ServerFault
    ),
    "gemini-error-list": Published(
        GEMINI,
        status=400,
        body=[{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}],
        ends=Rejected,
    ),
    "gemini-rate-list": Published(
        GEMINI,
        status=429,
        body=[
            {
                "error": {
                    "code": 429,
                    "message": "You exceeded your current quota.",
                    "status": "RESOURCE_EXHAUSTED",
                    "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}],
                }
            }
        ],
        ends=RateLimited,
    ),
    "groq-498": Published(
        GROQ, status=498, body={"error": {"message": "Flex tier capacity exceeded"}}, ends=RateLimited
    ),
    "anthropic-credit": Published(
        ANTHROPIC_ERRORS,
        status=400,
        body={
            "type": "error",
            "error": {"type": "invalid_request_error", "message": "Your credit balance is too low to access the API."},
        },
        ends=QuotaExhausted,
    ),
    "deepseek-402": Published(
        DEEPSEEK, status=402, body={"error": {"message": "Insufficient Balance"}}, ends=QuotaExhausted
    ),
    "openai-invalid-prompt": Published(
        OPENAI_ERRORS,
        status=400,
        body={"error": {"message": "Invalid prompt: limited access.", "code": "invalid_prompt"}},
        ends=PromptDeclined,
    ),
    "openai-policy": Published(
        OPENAI_ERRORS,
        status=400,
        body={"error": {"message": "Your request was rejected.", "code": "content_policy_violation"}},
        ends=PromptDeclined,
    ),
    "azure-filter": Published(
        AZURE,
        status=400,
        body={
            "error": {
                "message": "The response was filtered due to the prompt triggering content management policy.",
                "code": "content_filter",
                "status": 400,
                "innererror": {"code": "ResponsibleAIPolicyViolation"},
            }
        },
        ends=PromptDeclined,
    ),
    "zhipu-1301": Published(
        ZHIPU, status=400, body={"error": {"code": "1301", "message": "系统检测到不安全内容"}}, ends=PromptDeclined
    ),
    "openrouter-moderation": Published(
        OPENROUTER_ERRORS,
        status=403,
        body={"error": {"code": 403, "message": "Your input was flagged by moderation"}},
        ends=PromptDeclined,
    ),
    "llama-server-context": Published(
        LLAMA_SERVER,
        status=400,
        body={
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size, try increasing it",
                "type": "exceed_context_size_error",
            }
        },
        ends=ContextTooLong,
    ),
    "ollama-lines": Published(
        "docs.ollama.com/api/chat",
        body='{"message": {"content": "Hel"}, "done": false}\n{"message": {"content": "lo"}, "done": true}\n',
        ends=NotAStream,
    ),
}


def _register(name: str, published: Published) -> None:
    async def play(x: Exchange) -> None:
        if published.body is not None:
            await x.answer(published.status, published.body, **published.headers)
            return
        await x.head()
        for part in published.parts:
            await (x.chunk(part) if isinstance(part, bytes) else x.event(part))
        await x.end()

    MODES[name] = play


for _name, _published in FAMILIES.items():
    _register(_name, _published)
