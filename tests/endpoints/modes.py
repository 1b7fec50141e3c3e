"""How the fake endpoint may answer: each mode is a function, chosen by the name of the model that is asked for.

`ok:tps=20,ttft=0.2,n=100` gives options; `turn3:stall:after=2` behaves well except on the third turn.
"""

import asyncio
import gzip
import json
import time
from collections.abc import Awaitable, Callable

from tests.endpoints.exchange import Exchange

Mode = Callable[[Exchange], Awaitable[None]]
MODES: dict[str, Mode] = {}
KEY_IN_LEAKY_ERROR = "sk-canary-0123456789"


def mode(name: str) -> Callable[[Mode], Mode]:
    def keep(function: Mode) -> Mode:
        MODES[name] = function
        return function

    return keep


def _error(message: str, code: str | int | None = None) -> dict[str, object]:
    return {"error": {"message": message, "type": "invalid_request_error", "code": code}}


# Replies that are as they should be.


@mode("ok")
async def ok(x: Exchange) -> None:
    """`n` words after `ttft` seconds, `tps` a second (0: at once); with `stamp=1` each word is its time of sending."""
    await x.begin()
    await asyncio.sleep(x.number("ttft", 0))
    count, rate, stamped = int(x.number("n", 8)), x.number("tps", 0), x.number("stamp", 0)
    start = time.monotonic()
    for number in range(count):
        if rate:
            await asyncio.sleep(max(0.0, start + number / rate - time.monotonic()))
        if stamped:
            await x.token(f"{time.time():.6f} ")
        else:
            await x.tokens(1) if not number else await x.token(f"word{number} ")
    await x.finish()


@mode("echo")
async def echo(x: Exchange) -> None:
    await x.begin()
    await x.token(x.call.body["messages"][-1]["content"] if "messages" in x.call.body else x.call.body["prompt"])
    await x.finish()


@mode("guard")
async def guard(x: Exchange) -> None:
    """Judges as Llama Guard does: what speaks of a bomb is unsafe."""
    await x.begin()
    found = any("bomb" in message["content"] for message in x.call.body["messages"])
    await x.token("\n\nunsafe\nS1,S9" if found else "\n\nsafe")
    await x.finish()


@mode("json")
async def as_json(x: Exchange) -> None:
    await x.begin()
    await x.token(json.dumps({"schema": x.call.body.get("response_format")}))
    await x.finish()


@mode("length")
async def length(x: Exchange) -> None:
    await x.begin()
    await x.tokens(3)
    await x.finish("length")


@mode("crlf")
async def crlf(x: Exchange) -> None:
    """Lines end in CR LF, comments and other fields lie between, and one event has two lines of data."""
    await x.head()
    first, second = json.dumps(x.piece({"content": "Hello "})).split(", ", 1)
    await x.chunk(f": hello\r\nevent: message\r\nid: 1\r\nretry: 9\r\ndata: {first},\r\ndata:{second}\r".encode())
    await x.chunk(b"\n\r\n")
    await x.chunk(f"data:{json.dumps(x.piece({'content': 'there'}))}\r\n\r\n".encode())
    await x.finish()


@mode("split-utf8")
async def split_utf8(x: Exchange) -> None:
    """One byte a packet, with characters of two, three and four bytes."""
    await x.head()
    event = json.dumps(x.piece({"content": "Grüße, 世界 🦙"}), ensure_ascii=False)
    for byte in f"data: {event}\n\n".encode():
        await x.chunk(bytes([byte]))
    await x.finish()


@mode("split-surrogates")
async def split_surrogates(x: Exchange) -> None:
    """The two halves of one character in two pieces, as endpoints that cut UTF-16 send them."""
    await x.head()
    await x.event(x.piece({"content": "A llama: \ud83e"}))
    await x.event(x.piece({"content": "\udd99."}))
    await x.finish()


@mode("wrong-content-type")
async def wrong_content_type(x: Exchange) -> None:
    await x.head(content_type="text/plain")
    await x.tokens(3)
    await x.finish()


@mode("gzip")
async def compressed(x: Exchange) -> None:
    await x.head(content_encoding="gzip")
    text = "".join(
        f"data: {json.dumps(x.piece(delta, reason))}\n\n"
        for delta, reason in [({"content": "Hello"}, None), ({}, "stop")]
    )
    await x.chunk(gzip.compress(text.encode()))
    await x.end()


@mode("reasoning")
async def reasoning(x: Exchange) -> None:
    """Thinks aloud for `think` pieces, 0.05 s each, before it speaks."""
    await x.head()
    for _ in range(int(x.number("think", 4))):
        await x.event(x.piece({"reasoning_content": "Hmm. "}))
        await asyncio.sleep(0.05)
    await x.tokens(2)
    await x.finish()


@mode("tool-calls")
async def tool_calls(x: Exchange) -> None:
    await x.head()
    await x.event(x.piece({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": "{"}}]}))
    await x.event({"choices": "none"})
    await x.event(x.piece({"content": [{"type": "text", "text": "Parts."}, {"type": "image"}]}))
    await x.event(x.piece(None))
    await x.finish()


@mode("finish-then-hang")
async def finish_then_hang(x: Exchange) -> None:
    await x.head()
    await x.tokens(3)
    await x.event(x.piece({}, "stop"))
    await x.hang()


@mode("refuse-once")
async def refuse_once(x: Exchange) -> None:
    """Resets the first request to this very model name, answers the others."""
    if x.earlier:
        await ok(x)
    else:
        x.reset()


# No answer.


@mode("refuse")
async def refuse(x: Exchange) -> None:
    x.reset()


@mode("hang")
async def hang(x: Exchange) -> None:
    await x.hang()


@mode("slow-headers")
async def slow_headers(x: Exchange) -> None:
    await x.raw(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        await x.raw(b"z")
        await asyncio.sleep(0.05)


@mode("bad-http")
async def bad_http(x: Exchange) -> None:
    await x.raw(b"220 smtp.example.org ESMTP\r\n\r\n")
    x.hang_up()


# Answers that are errors.


def _status(name: str, status: int, message: str, code: str | int | None = None) -> None:
    @mode(name)
    async def answer(x: Exchange) -> None:
        headers = {"retry_after": f"{x.number('after', 0):g}"} if "after" in x.options else {}
        await x.answer(status, _error(message, code), **headers)


_status("http-400", 400, "Unknown field `temprature`.")
_status("http-401", 401, "Incorrect API key provided.", "invalid_api_key")
_status("http-403", 403, "Not in your region.")
_status("http-404", 404, "No such path.")
_status("http-422", 422, "Extra fields are not permitted.")
_status("http-429", 429, "Slow down.")
_status("http-500", 500, "Internal server error.")
_status("http-503", 503, "No worker.")
_status("http-529", 529, "Overloaded.")
_status("quota", 429, "You exceeded your current quota.", "insufficient_quota")
_status("model-missing", 404, "The model does not exist.", "model_not_found")
_status(
    "context-too-long",
    400,
    "This model's maximum context length is 1024 tokens. However, you requested 2000 tokens.",
)
_status("filtered-prompt", 400, "The prompt triggered the content policy.", "content_filter")


@mode("leaky-error")
async def leaky_error(x: Exchange) -> None:
    """Names its vendor and repeats the key."""
    key = x.call.headers.get("authorization", f"Bearer {KEY_IN_LEAKY_ERROR}")
    await x.answer(401, _error(f"MegaCorp AI: the key {key} for https://api.megacorp.example was refused."))


@mode("huge-error")
async def huge_error(x: Exchange) -> None:
    """An error whose text never ends."""
    await x.head(500, content_type="text/plain")
    while True:
        await x.chunk(b"error " * 4000)


@mode("redirect")
async def redirect(x: Exchange) -> None:
    await x.answer(302, "", "text/html", location="https://login.example.org/")


# Answers that are no streams.


@mode("html")
async def html(x: Exchange) -> None:
    await x.answer(200, "<!doctype html><title>Log in</title><p>Please log in.", "text/html")


@mode("json-not-sse")
async def json_not_sse(x: Exchange) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
    await x.answer(200, {"object": "chat.completion", "choices": [choice]})


@mode("error-200")
async def error_200(x: Exchange) -> None:
    await x.answer(200, _error("Upstream failed."))


@mode("bad-json")
async def bad_json(x: Exchange) -> None:
    await x.head()
    await x.tokens(3)
    await x.event('{"choices": [{"delta": {"content": "x"')
    await x.finish()


@mode("nested-json")
async def nested_json(x: Exchange) -> None:
    await x.head()
    await x.tokens(3)
    await x.event("[" * 200_000)
    await x.finish()


@mode("bad-gzip")
async def bad_gzip(x: Exchange) -> None:
    await x.head(content_encoding="gzip")
    await x.chunk(b"data: this is not gzip\n\n")
    await x.end()


# Replies that go wrong in the middle.


@mode("stall")
async def stall(x: Exchange) -> None:
    await x.begin()
    await x.tokens(int(x.number("after", 3)))
    await x.hang()


@mode("keep-alive")
async def keep_alive(x: Exchange) -> None:
    """Says nothing but that it lives."""
    await x.head()
    while True:
        await x.chunk(b": keep-alive\n\n")
        await asyncio.sleep(0.05)


@mode("empty-deltas")
async def empty_deltas(x: Exchange) -> None:
    await x.head()
    while True:
        await x.event(x.piece({"role": "assistant", "content": ""}))
        await asyncio.sleep(0.05)


@mode("slow-tokens")
async def slow_tokens(x: Exchange) -> None:
    """A word every `every` seconds, for ever."""
    await x.begin()
    while True:
        await x.tokens(1)
        await asyncio.sleep(x.number("every", 0.1))


@mode("endless")
async def endless(x: Exchange) -> None:
    await x.begin()
    while True:
        await x.token("more and more and more ")


@mode("huge-line")
async def huge_line(x: Exchange) -> None:
    await x.head()
    await x.chunk(b"data: ")
    for _ in range(64):
        await x.chunk(b"x" * 131_072)
    await x.finish()


@mode("gzip-bomb")
async def gzip_bomb(x: Exchange) -> None:
    await x.head(content_encoding="gzip")
    await x.chunk(gzip.compress(b"data: " + bytes(2**24), compresslevel=1))
    await x.end()


@mode("no-finish")
async def no_finish(x: Exchange) -> None:
    """Ends properly as HTTP goes, without a finish reason or a mark."""
    await x.head()
    await x.tokens(3)
    await x.end()


@mode("done-without-finish")
async def done_without_finish(x: Exchange) -> None:
    await x.head()
    await x.tokens(3)
    await x.event("[DONE]")
    await x.end()


@mode("reset")
async def reset(x: Exchange) -> None:
    await x.begin()
    await x.tokens(3)
    await asyncio.sleep(0.05)  # a reset throws away what is still under way
    x.reset()


@mode("half-close")
async def half_close(x: Exchange) -> None:
    await x.begin()
    await x.tokens(3)
    x.hang_up()


@mode("cut-event")
async def cut_event(x: Exchange) -> None:
    await x.head()
    await x.tokens(3)
    await x.chunk(b'data: {"choices": [{"del')
    await x.end()


@mode("bad-utf8")
async def bad_utf8(x: Exchange) -> None:
    await x.head()
    await x.tokens(3)
    await x.chunk(b'data: {"choices": [{"index": 0, "delta": {"content": "caf\xe9"}}]}\n\n')
    await x.finish()


@mode("surrogate")
async def surrogate(x: Exchange) -> None:
    await x.begin()
    await x.token("lone \ud83d half \udd99")
    await x.finish()


@mode("nul")
async def nul(x: Exchange) -> None:
    await x.begin()
    await x.token("NUL\0 inside")
    await x.finish()


@mode("error-object")
async def error_object(x: Exchange) -> None:
    await x.head()
    await x.tokens(3)
    await x.event(_error("The engine died."))
    await x.end()


@mode("quota-object")
async def quota_object(x: Exchange) -> None:
    await x.head()
    await x.tokens(3)
    await x.event(_error("You exceeded your current quota.", "insufficient_quota"))
    await x.end()


@mode("content-filter")
async def content_filter(x: Exchange) -> None:
    await x.begin()
    await x.tokens(3)
    await x.finish("content_filter")


@mode("abort")
async def abort(x: Exchange) -> None:
    await x.begin()
    await x.tokens(3)
    await x.finish("abort")


@mode("empty")
async def empty(x: Exchange) -> None:
    await x.begin()
    await x.finish()


@mode("blank")
async def blank(x: Exchange) -> None:
    await x.begin()
    await x.token(" \n ")
    await x.finish()
