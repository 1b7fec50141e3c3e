"""Endpoints that refuse a field of the request, in the words in which real ones refuse it.

`picky:no=stream_options` refuses that field, `picky:no=max_tokens+system` two; after that it answers as `ok` does. The
words are from OpenAI, Mistral, Gemma's chat template in vLLM, Cloudflare and LiteLLM.
"""

from tests.endpoints.exchange import Exchange
from tests.endpoints.modes import mode, ok

REFUSALS = {
    "stream_options": "stream_options: Extra inputs are not permitted",
    "anything_else": "Additional properties are not allowed ('stream_options' was unexpected)",
    "max_tokens": "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead.",
    "max_completion_tokens": "Unrecognized request argument supplied: max_completion_tokens",
    "system": "System role not supported",
    "stream": "Streaming is not supported for this model",
    "reasoning_effort": "Unsupported parameter: 'reasoning_effort' is not supported with this model.",
    "reasoning": "Unknown field: reasoning",
}


@mode("picky")
async def picky(x: Exchange) -> None:
    """Refuses the fields in `no`; `n` words otherwise."""
    for name in x.options.get("no", "").split("+"):
        body = x.call.body
        sent = {
            "system": any(message["role"] == "system" for message in body.get("messages", ())),
            "anything_else": "stream_options" in body,
            "stream": bool(body.get("stream")),
        }.get(name, name in body)
        if name and sent:
            await x.answer(400, {"error": {"message": REFUSALS[name], "type": "invalid_request_error"}})
            return
    await ok(x)


@mode("silent-end")
async def silent_end(x: Exchange) -> None:
    """Never says why a reply ends, as some home-made servers do; only that it has."""
    await x.begin()
    await x.tokens(3)
    await x.event("[DONE]")
    await x.end()


@mode("thinks-first")
async def thinks_first(x: Exchange) -> None:
    """Writes `think` words of thinking as text, ended by a lone mark, and is cut at the longest reply."""
    longest = int(x.call.body.get("max_tokens") or x.call.body.get("max_completion_tokens") or 10**6)
    await x.begin()
    count = int(x.number("think", 60))
    await x.tokens(min(count, longest))
    if count >= longest:
        await x.finish("length")
        return
    await x.token("\n</think>\n\n")
    await x.tokens(min(3, longest - count))
    await x.finish()
