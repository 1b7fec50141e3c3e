"""A fake of each vendor's own streaming API, written from its published documentation.

- Anthropic: docs.anthropic.com, "Streaming Messages" and "Errors" (`/v1/messages`).
- Gemini and Vertex: ai.google.dev, "models.streamGenerateContent", `GenerateContentResponse`, `FinishReason`.
- OpenAI Responses: platform.openai.com, "Streaming events" of the Responses API (`/responses`).
- Azure: learn.microsoft.com, "Azure OpenAI REST API reference", chat completions of a deployment.
- Bedrock: docs.aws.amazon.com, "ConverseStream", and "Event stream encoding" of Amazon's protocols.

The model's name is the mode: what the endpoint then does. `CALLS` keeps what was asked.
"""

import asyncio
import binascii
import json
import struct
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

WORDS = ("Alpacas", " hum", " softly.")
THOUGHT = "They are camelids."
# By mode: HTTP status and each vendor's error object.
REFUSALS: Mapping[str, tuple[int, str, str]] = {
    "bad-key": (401, "authentication_error", "invalid x-api-key"),
    "forbidden": (403, "permission_error", "Your account may not use this model."),
    "no-such-model": (404, "not_found_error", "model: no-such-model"),
    "rate": (429, "rate_limit_error", "Number of requests has exceeded your per-minute rate limit"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "broken": (500, "api_error", "Internal server error"),
    "credit": (400, "invalid_request_error", "Your credit balance is too low to access the API."),
    "long": (400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
    "declined": (400, "invalid_request_error", "Output blocked by content filtering policy"),
}


@dataclass
class VendorCall:
    """What the fake remembers of a request."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass
class FakeVendors:
    """All vendors on one port of this machine, in a thread of their own."""

    calls: list[VendorCall] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    url: str = ""
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _runner: web.AppRunner | None = None

    def start(self) -> "FakeVendors":
        ready = threading.Event()

        async def serve() -> None:
            app = web.Application()
            app.router.add_post("/{path:.*}", self._answer)
            self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
            await self._runner.setup()
            site = web.TCPSite(self._runner, "127.0.0.1", 0)
            await site.start()
            host, port = self._runner.addresses[0][:2]
            self.url = f"http://{host}:{port}"
            ready.set()

        def run() -> None:
            self._loop.run_until_complete(serve())
            self._loop.run_forever()

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        ready.wait(10)
        return self

    def stop(self) -> None:
        assert self._runner is not None
        assert self._thread is not None
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        path = request.path
        self.calls.append(VendorCall(path, dict(request.query), dict(request.headers), body))
        vendor, mode = _asked(path, body)
        if mode in REFUSALS:
            status, kind, told = REFUSALS[mode]
            headers = {"retry-after": "7"} if status == 429 else {}
            return web.json_response(_ERRORS[vendor](status, kind, told), status=status, headers=headers)
        if mode == "redirect":
            return web.Response(status=307, headers={"location": "http://169.254.169.254/latest"})
        if mode == "html":
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        binary = vendor == "bedrock"
        answer = web.StreamResponse(
            headers={"content-type": "application/vnd.amazon.eventstream" if binary else "text/event-stream"}
        )
        await answer.prepare(request)
        try:
            if mode == "not-json":
                await answer.write(b"event: message_start\ndata: {oops\n\n")
                return answer
            async for event in _STREAMS[vendor](mode):
                await answer.write(_frame(event) if binary else _event(event))
                if event.get("hang"):
                    await asyncio.sleep(30)
        except (asyncio.CancelledError, ConnectionError):
            self.closed.append(mode)
            raise
        if mode == "reset":
            assert request.transport is not None
            request.transport.abort()
        return answer


def _asked(path: str, body: Mapping[str, Any]) -> tuple[str, str]:
    if path.endswith("/v1/messages"):
        return "anthropic", str(body["model"])
    if path.endswith("/responses"):
        return "responses", str(body["model"])
    if "/deployments/" in path:
        return "azure", path.split("/deployments/")[1].split("/")[0]
    if "/converse-stream" in path:
        return "bedrock", path.split("/model/")[1].split("/")[0]
    return "gemini", path.split("/models/")[1].split(":")[0]


def _event(told: Mapping[str, Any]) -> bytes:
    if "hang" in told:
        return b""
    if "raw" in told:
        return str(told["raw"]).encode()
    name = f"event: {told['type']}\n" if "type" in told else ""
    return f"{name}data: {json.dumps(told)}\n\n".encode()


def _frame(told: Mapping[str, Any]) -> bytes:
    """Return one message of Amazon's event stream: prelude, headers, payload, and a CRC-32 after each."""
    if "hang" in told:
        return b""
    (kind, payload), *_ = told.items()
    is_error = kind.endswith("Exception")
    names = {
        ":message-type": "exception" if is_error else "event",
        ":exception-type" if is_error else ":event-type": kind,
        ":content-type": "application/json",
    }
    headers = b"".join(
        struct.pack("!B", len(name)) + name.encode() + b"\x07" + struct.pack("!H", len(text)) + text.encode()
        for name, text in names.items()
    )
    data = json.dumps(payload).encode()
    prelude = struct.pack("!II", 16 + len(headers) + len(data), len(headers))
    message = prelude + struct.pack("!I", binascii.crc32(prelude)) + headers + data
    return message + struct.pack("!I", binascii.crc32(message))


# Anthropic


async def _anthropic(mode: str) -> AsyncIterator[dict[str, Any]]:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": mode}
    usage = {"input_tokens": 12, "cache_read_input_tokens": 4, "output_tokens": 1}
    yield {
        "type": "message_start",
        "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": usage},
    }
    yield {"type": "ping"}
    index = 0
    if mode in {"thinks", "only-thinks"}:
        yield {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "thinking", "thinking": "", "signature": ""},
        }
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": THOUGHT}}
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "c2ln"}}
        yield {"type": "content_block_stop", "index": 0}
        index = 1
    if mode == "tool":
        tool = {"type": "tool_use", "id": "t1", "name": "search", "input": {}}
        yield {"type": "content_block_start", "index": 0, "content_block": tool}
        delta = {"type": "input_json_delta", "partial_json": '{"q": "alpaca"}'}
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
        yield {"type": "content_block_stop", "index": 0}
        index = 1
    if mode not in {"empty", "only-thinks"}:
        yield {"type": "content_block_start", "index": index, "content_block": {"type": "text", "text": ""}}
        for word in WORDS[: 1 if mode in {"cut", "error", "reset", "hangs"} else None]:
            yield {"type": "content_block_delta", "index": index, "delta": {"type": "text_delta", "text": word}}
        if mode == "hangs":
            yield {"hang": True}
        if mode == "error":
            yield {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
            return
        if mode in {"cut", "reset"}:
            return
        yield {"type": "content_block_stop", "index": index}
    word = {"length": "max_tokens", "filtered": "refusal", "odd": "zapped", "paused": "pause_turn", "tool": "tool_use"}
    yield {
        "type": "message_delta",
        "delta": {"stop_reason": word.get(mode, "end_turn"), "stop_sequence": None},
        "usage": {"output_tokens": 30},
    }
    yield {"type": "message_stop"}


# Gemini, and Vertex


async def _gemini(mode: str) -> AsyncIterator[dict[str, Any]]:
    def said(*parts: dict[str, Any], word: str | None = None) -> dict[str, Any]:
        candidate = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
        usage = {"promptTokenCount": 16, "candidatesTokenCount": 9, "thoughtsTokenCount": 21, "totalTokenCount": 46}
        return {"candidates": [candidate | ({"finishReason": word} if word else {})], "usageMetadata": usage}

    if mode in {"thinks", "only-thinks"}:
        yield said({"text": THOUGHT, "thought": True})
    if mode == "prompt-blocked":
        yield {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 16}}
        return
    if mode == "tool":
        yield said({"functionCall": {"name": "search", "args": {"q": "alpaca"}}})
    if mode not in {"empty", "only-thinks"}:
        for word in WORDS[: 1 if mode in {"cut", "error", "reset", "hangs", "filtered"} else None]:
            yield said({"text": word})
    if mode == "hangs":
        yield {"hang": True}
    if mode == "error":
        yield {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
        return
    if mode in {"cut", "reset"}:
        return
    words = {"length": "MAX_TOKENS", "filtered": "SAFETY", "odd": "OTHER", "tool": "MALFORMED_FUNCTION_CALL"}
    yield said(word=words.get(mode, "STOP"))


# OpenAI Responses


async def _responses(mode: str) -> AsyncIterator[dict[str, Any]]:
    number = iter(range(1000))

    def event(kind: str, **told: Any) -> dict[str, Any]:
        return {"type": f"response.{kind}", "sequence_number": next(number), **told}

    base = {"id": "resp_1", "object": "response", "created_at": 1, "model": mode, "output": [], "tools": []}
    base |= {"parallel_tool_calls": True, "tool_choice": "auto", "status": "in_progress"}
    yield event("created", response=base)
    place = {"item_id": "m1", "output_index": 0, "content_index": 0}
    if mode in {"thinks", "only-thinks"}:
        item = {"type": "reasoning", "id": "r1", "summary": []}
        yield event("output_item.added", output_index=0, item=item)
        summary = {"item_id": "r1", "output_index": 0, "summary_index": 0}
        part = {"type": "summary_text", "text": ""}
        yield event("reasoning_summary_part.added", **summary, part=part)
        yield event("reasoning_summary_text.delta", **summary, delta=THOUGHT)
        yield event("reasoning_summary_text.done", **summary, text=THOUGHT)
        yield event("output_item.done", output_index=0, item=item)
    if mode not in {"empty", "only-thinks"}:
        item = {"type": "message", "id": "m1", "role": "assistant", "status": "in_progress", "content": []}
        yield event("output_item.added", output_index=0, item=item)
        part = {"type": "output_text", "text": "", "annotations": []}
        yield event("content_part.added", **place, part=part)
        for word in WORDS[: 1 if mode in {"cut", "error", "reset", "hangs"} else None]:
            yield event("output_text.delta", **place, delta=word, logprobs=[])
    if mode == "hangs":
        yield {"hang": True}
    if mode == "error":
        error = {"code": "server_error", "message": "The server had an error."}
        yield event("failed", response=base | {"status": "failed", "error": error})
        return
    if mode in {"cut", "reset"}:
        return
    counts = {"input_tokens": 16, "output_tokens": 30, "total_tokens": 46}
    counts |= {"input_tokens_details": {"cached_tokens": 4}, "output_tokens_details": {"reasoning_tokens": 21}}
    if mode in {"length", "filtered"}:
        reason = {"length": "max_output_tokens", "filtered": "content_filter"}[mode]
        done = base | {"status": "incomplete", "incomplete_details": {"reason": reason}, "usage": counts}
        yield event("incomplete", response=done)
        return
    yield event("completed", response=base | {"status": "completed", "usage": counts})


# Azure: OpenAI's chat completions, with its filter's annotations


async def _azure(mode: str) -> AsyncIterator[dict[str, Any]]:
    filtered = {"prompt_index": 0, "content_filter_results": {"hate": {"filtered": False, "severity": "safe"}}}
    base = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt"}
    yield {**base, "choices": [], "prompt_filter_results": [filtered]}
    for word in WORDS[: 1 if mode in {"cut", "error", "reset", "hangs"} else None]:
        yield {**base, "choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]}
    if mode == "hangs":
        yield {"hang": True}
    if mode == "error":
        yield {"error": {"code": "server_error", "message": "The server had an error.", "type": "server_error"}}
        return
    if mode in {"cut", "reset"}:
        return
    word = {"length": "length", "filtered": "content_filter"}.get(mode, "stop")
    yield {**base, "choices": [{"index": 0, "delta": {}, "finish_reason": word}]}
    yield {**base, "choices": [], "usage": {"prompt_tokens": 16, "completion_tokens": 30, "total_tokens": 46}}
    yield {"raw": "data: [DONE]\n\n"}


# Bedrock


async def _bedrock(mode: str) -> AsyncIterator[dict[str, Any]]:
    yield {"messageStart": {"role": "assistant"}}
    if mode in {"thinks", "only-thinks"}:
        thought = {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": THOUGHT}}}
        yield {"contentBlockDelta": thought}
        yield {"contentBlockStop": {"contentBlockIndex": 0}}
    if mode not in {"empty", "only-thinks"}:
        for word in WORDS[: 1 if mode in {"cut", "error", "reset", "hangs"} else None]:
            yield {"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"text": word}}}
    if mode == "hangs":
        yield {"hang": True}
    if mode == "error":
        yield {"throttlingException": {"message": "Too many requests"}}
        return
    if mode in {"cut", "reset"}:
        return
    yield {"contentBlockStop": {"contentBlockIndex": 1}}
    words = {"length": "max_tokens", "filtered": "guardrail_intervened", "odd": "zapped"}
    yield {"messageStop": {"stopReason": words.get(mode, "end_turn")}}
    counts = {"inputTokens": 16, "outputTokens": 30, "totalTokens": 46}
    yield {"metadata": {"usage": counts, "metrics": {"latencyMs": 12}}}


def _google_error(status: int, kind: str, told: str) -> Any:
    return [{"error": {"code": status, "message": told, "status": kind.upper()}}]


def _anthropic_error(_status: int, kind: str, told: str) -> Any:
    return {"type": "error", "error": {"type": kind, "message": told}}


def _openai_error(_status: int, kind: str, told: str) -> Any:
    return {"error": {"type": kind, "code": kind, "message": told, "param": None}}


def _aws_error(_status: int, _kind: str, told: str) -> Any:
    return {"message": told}


_STREAMS: Mapping[str, Callable[[str], AsyncIterator[dict[str, Any]]]] = {
    "anthropic": _anthropic,
    "gemini": _gemini,
    "responses": _responses,
    "azure": _azure,
    "bedrock": _bedrock,
}
_ERRORS: Mapping[str, Callable[[int, str, str], Any]] = {
    "anthropic": _anthropic_error,
    "gemini": _google_error,
    "responses": _openai_error,
    "azure": _openai_error,
    "bedrock": _aws_error,
}
