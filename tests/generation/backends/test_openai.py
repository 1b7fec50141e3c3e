"""An OpenAI-compatible endpoint, behaving and misbehaving, read through the limits that every contender has."""

import asyncio
import socket
from contextlib import aclosing

import pytest

from generation.backends import openai as openai_backend
from generation.backends.http_client import MAX_ERROR_BODY_BYTES
from generation.backends.limits import Limits, limited
from generation.backends.openai import MAX_BODY_BYTES, OpenAIBackend
from generation.conversation import End, Message, Piece, Sampling, Usage
from generation.errors import (
    BackendError,
    BadEncoding,
    BadInput,
    ContentFiltered,
    ContextTooLong,
    EmptyReply,
    FirstTokenTimeout,
    NotAStream,
    PromptDeclined,
    QuotaExhausted,
    RateLimited,
    Rejected,
    ServerFault,
    Stalled,
    TooLong,
    TotalTimeout,
    Truncated,
    Unreachable,
)
from tests.endpoints.modes import MODES
from tests.endpoints.openai_server import FakeEndpoint
from tests.endpoints.sending_server import sending
from tests.generation.backends.conftest import KEY, LIMITS, QUESTION, OpenEndpoint, ask

WHOLE = {
    "ok:n=3": "Alpacas word1 word2 ",
    "echo": "How do alpacas greet each other?",
    "json": '{"schema": null}',
    "length": "Alpacas hum softly ",
    "crlf": "Hello there",
    "split-utf8": "Grüße, 世界 🦙",
    "split-surrogates": "A llama: 🦙.",
    "surrogate": "lone \ufffd half \ufffd",
    "nul": "NUL\ufffd inside",
    "wrong-content-type": "Alpacas hum softly ",
    "gzip": "Hello",
    "reasoning": "Alpacas hum ",
    "tool-calls": "Parts.",
    "refuse-once": "Alpacas word1 word2 word3 word4 word5 word6 word7 ",
    "finish-then-hang": "Alpacas hum softly ",
    "json-not-sse": "Hello",
}
THREE_WORDS = "Alpacas hum softly "
# One limit is short where it is the one that must act; the others leave a slow machine its time.
SHORT: dict[type[BackendError], Limits] = {
    FirstTokenTimeout: Limits(first_token_s=0.3),
    Stalled: Limits(between_tokens_s=0.3),
    TotalTimeout: Limits(total_s=1.0),
}
FAULTY: dict[str, tuple[type[BackendError], str]] = {
    "refuse": (Unreachable, ""),
    "hang": (FirstTokenTimeout, ""),
    "slow-headers": (FirstTokenTimeout, ""),
    "bad-http": (NotAStream, ""),
    "http-400": (Rejected, ""),
    "http-401": (Rejected, ""),
    "http-403": (Rejected, ""),
    "http-404": (Rejected, ""),
    "http-422": (Rejected, ""),
    "http-429": (RateLimited, ""),
    "http-500": (ServerFault, ""),
    "http-503": (ServerFault, ""),
    "http-529": (ServerFault, ""),
    "quota": (QuotaExhausted, ""),
    "model-missing": (Rejected, ""),
    "context-too-long": (ContextTooLong, ""),
    "filtered-prompt": (PromptDeclined, ""),
    "leaky-error": (Rejected, ""),
    "huge-error": (ServerFault, ""),
    "redirect": (NotAStream, ""),
    "html": (NotAStream, ""),
    "error-200": (ServerFault, ""),
    "bad-json": (NotAStream, THREE_WORDS),
    "nested-json": (NotAStream, THREE_WORDS),
    "bad-gzip": (NotAStream, ""),
    "stall": (Stalled, THREE_WORDS),
    "keep-alive": (FirstTokenTimeout, ""),
    "empty-deltas": (FirstTokenTimeout, ""),
    "slow-tokens": (TotalTimeout, "Alpacas Alpacas Alpacas "),
    "endless": (TooLong, "more and more and more "),
    "huge-line": (TooLong, ""),
    "gzip-bomb": (TooLong, ""),
    "no-finish": (Truncated, THREE_WORDS),
    "done-without-finish": (Truncated, THREE_WORDS),
    "reset": (Truncated, THREE_WORDS),
    "half-close": (Truncated, THREE_WORDS),
    "cut-event": (Truncated, THREE_WORDS),
    "bad-utf8": (BadEncoding, THREE_WORDS),
    "error-object": (ServerFault, THREE_WORDS),
    "quota-object": (QuotaExhausted, THREE_WORDS),
    "content-filter": (ContentFiltered, THREE_WORDS),
    "abort": (Truncated, THREE_WORDS),
    "empty": (EmptyReply, ""),
    "blank": (EmptyReply, " \n "),
}


def test_every_mode_of_the_fake_endpoint_is_told_apart_here():
    ours = {name for name, mode in MODES.items() if mode.__module__ == "tests.endpoints.modes"} - {"guard"}
    assert {model.partition(":")[0] for model in [*WHOLE, *FAULTY]} == ours


@pytest.mark.parametrize(("model", "text"), WHOLE.items())
async def test_a_whole_reply_arrives_whole(
    model: str, text: str, endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(openai_backend, "USAGE_GRACE_S", 0.1)
    outcome = await ask(endpoint(model))
    assert outcome.error is None
    assert outcome.text == text
    assert outcome.end
    assert outcome.end.finish_reason == ("length" if model == "length" else "stop")
    assert await fake_endpoint.all_closed()


@pytest.mark.parametrize(("model", "fault", "text"), [(model, *expected) for model, expected in FAULTY.items()])
async def test_a_fault_has_its_class_and_keeps_what_came_before(
    model: str, fault: type[BackendError], text: str, endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint
):
    outcome = await ask(endpoint(model), limits=SHORT.get(fault, LIMITS))
    assert type(outcome.error) is fault
    assert outcome.end is None
    assert outcome.text.startswith(text)
    assert text or not outcome.text
    assert KEY not in str(outcome.error)
    assert await fake_endpoint.all_closed()


async def test_a_fault_on_a_later_turn_leaves_the_first_alone(endpoint: OpenEndpoint):
    backend = endpoint("turn3:stall:after=2")
    conversation = [*QUESTION, Message("assistant", "They hum."), *QUESTION, Message("assistant", "Softly."), *QUESTION]
    assert (await ask(backend)).end
    assert type((await ask(backend, messages=conversation, limits=SHORT[Stalled])).error) is Stalled


async def test_a_rate_limit_tells_how_long_to_wait(endpoint: OpenEndpoint):
    error = (await ask(endpoint("http-429:after=3600"))).error
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 3600


@pytest.mark.parametrize("model", ["http-500", "http-429", "stall", "hang", "html", "reset"])
async def test_what_was_answered_is_never_asked_again(model: str, endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint):
    await ask(endpoint(model), limits=Limits(first_token_s=1, between_tokens_s=0.3))
    assert len(fake_endpoint.calls) == 1


@pytest.mark.parametrize(("model", "calls"), [("refuse", 2), ("refuse-once:n=1", 2)])
async def test_a_connection_reset_before_any_answer_is_tried_once_more(
    model: str, calls: int, endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint
):
    await ask(endpoint(model))
    assert len(fake_endpoint.calls) == calls


async def test_a_refused_connection_an_unknown_host_and_a_wrong_scheme_are_unreachable(fake_endpoint: FakeEndpoint):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", "http://nobody.invalid", fake_endpoint.url.replace("http:", "https:")):
        backend = OpenAIBackend.from_options({"url": url, "model": "ok"})
        outcome = await ask(backend, limits=Limits(first_token_s=10))
        assert type(outcome.error) is Unreachable, outcome
        await backend.aclose()


async def test_thinking_counts_as_a_sign_of_life(endpoint: OpenEndpoint):
    slow_thinker = endpoint("reasoning:think=60")  # 3 s before the first word
    assert (await ask(slow_thinker, limits=Limits(first_token_s=2, between_tokens_s=2))).end


@pytest.mark.parametrize("key", [KEY, "a-key-of-another-make", None])
async def test_the_error_says_where_and_what_but_no_key(key: str | None, fake_endpoint: FakeEndpoint):
    backend = OpenAIBackend.from_options({"url": fake_endpoint.url, "model": "leaky-error"}, api_key=key)
    assert str((await ask(backend)).error) == (
        f"`leaky-error` at {fake_endpoint.url}: 401 “MegaCorp AI: the key Bearer [key] "
        "for https://api.megacorp.example was refused.”"
    )
    await backend.aclose()


# The request.


async def test_only_standard_fields_that_are_set_go_out(endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint):
    backend = endpoint("ok")
    await ask(backend, sampling=Sampling(max_tokens=7))
    await ask(
        backend, sampling=Sampling(max_tokens=7, temperature=0.5, seed=3, stop=("END",), logit_bias={"50256": -100})
    )
    plain, full = (dict(call.body) for call in fake_endpoint.calls)
    messages = [{"role": "user", "content": QUESTION[0].content}]
    streamed = {"stream": True, "stream_options": {"include_usage": True}}
    assert plain == {"model": "ok", "messages": messages, "max_tokens": 7, **streamed}
    assert full == plain | {"temperature": 0.5, "seed": 3, "stop": ["END"], "logit_bias": {"50256": -100}}


async def test_an_operator_can_name_the_fields_that_an_endpoint_wants(
    endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint
):
    backend = endpoint("ok", max_tokens_field="max_completion_tokens", stream_usage=True, extra={"top_k": 5})
    outcome = await ask(backend)
    body = fake_endpoint.calls[0].body
    assert (body["max_completion_tokens"], body["top_k"]) == (64, 5)
    assert "max_tokens" not in body
    assert outcome.end == End("stop", Usage(9, 8, cached_tokens=4))


async def test_nothing_of_the_environment_goes_out(fake_endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch):
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "secret-of-the-house")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Team: secret-of-the-house\nAuthorization: secret-of-the-house")
    for key in (None, KEY):
        backend = OpenAIBackend.from_options({"url": fake_endpoint.url, "model": "ok"}, api_key=key)
        await ask(backend)
        await backend.aclose()
    without, with_key = (call.headers for call in fake_endpoint.calls)
    assert "secret-of-the-house" not in str([without, with_key])
    assert "authorization" not in without
    assert with_key["authorization"] == f"Bearer {KEY}"


async def test_half_a_surrogate_pair_in_a_prompt_does_no_harm(endpoint: OpenEndpoint):
    outcome = await ask(endpoint("echo"), messages=[Message("user", "half \ud83d\0")])
    assert outcome.text == "half \ufffd\ufffd"


async def test_a_base_model_gets_the_conversation_as_one_text(endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint):
    backend = endpoint("ok:n=2", protocol="completions")
    assert (await ask(backend, sampling=Sampling(stop=("A", "B", "C")))).text == "Alpacas word1 "
    call = fake_endpoint.calls[0]
    assert call.path == "/v1/completions"
    assert call.body["prompt"].endswith("### Person:\nHow do alpacas greet each other?\n\n### Assistant:\n")
    assert call.body["stop"] == ["\n### Person:", "\n### Assistant:", "A", "B"]


async def test_a_prompt_format_is_written_here_for_plain_completions(
    endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint
):
    backend = endpoint("ok:n=2", protocol="completions", prompt_format="vicuna_v1.1")
    conversation = [Message("user", "Hi"), Message("assistant", "Hello."), Message("user", "Why?")]
    await ask(backend, messages=conversation)
    body = fake_endpoint.calls[0].body
    # The endpoint puts the token that begins a text before it.
    assert body["prompt"].startswith("A chat between a curious user")
    assert body["prompt"].endswith("USER: Hi ASSISTANT: Hello.</s>USER: Why? ASSISTANT:")
    assert body["stop"] == ["USER:"]


async def test_a_chat_ends_at_the_stop_strings_of_the_format_that_its_endpoint_writes(
    endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint
):
    await ask(endpoint("ok:n=2", prompt_format="alpaca"), sampling=Sampling(stop=("END",)))
    assert fake_endpoint.calls[0].body["stop"] == ["\n\n### Instruction:", "END"]


async def test_many_streams_run_at_the_same_time_and_end_when_the_backend_is_closed(
    endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint
):
    backend = endpoint("stall:after=1")
    streams = [asyncio.create_task(ask(backend, limits=Limits(between_tokens_s=30))) for _ in range(120)]
    assert await fake_endpoint.wait_for(lambda fake: sum(call.tokens_sent for call in fake.open_calls) == len(streams))
    await backend.aclose()
    assert {type(outcome.error) for outcome in await asyncio.gather(*streams)} == {Truncated}
    assert await fake_endpoint.all_closed()


# Leaving.


@pytest.mark.parametrize(
    "model", ["hang", "slow-headers", "keep-alive", "stall", "slow-tokens", "huge-error", "finish-then-hang"]
)
async def test_a_cancelled_reader_closes_the_upstream_request(
    model: str, endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint
):
    reader = asyncio.create_task(ask(endpoint(model), limits=Limits()))
    assert await fake_endpoint.wait_for(lambda fake: fake.calls)
    await asyncio.sleep(0.1)  # on to the place where this mode waits
    reader.cancel()
    await asyncio.wait([reader])
    assert await fake_endpoint.all_closed()
    assert fake_endpoint.calls[0].closed_by == "client"


@pytest.mark.parametrize("wrapped", [True, False])
async def test_a_reader_that_leaves_in_the_middle_closes_the_upstream_request(
    wrapped: bool, endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint
):
    stream = endpoint("slow-tokens").stream(QUESTION, Sampling())
    async with aclosing(limited(stream, Limits()) if wrapped else stream) as events:
        assert await anext(events) == Piece("Alpacas ")
    assert await fake_endpoint.all_closed()
    assert fake_endpoint.calls[0].closed_by == "client"


async def test_a_stream_that_was_never_read_asks_nothing(endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint):
    async with aclosing(limited(endpoint("ok").stream(QUESTION, Sampling()), LIMITS)):
        pass
    assert not fake_endpoint.calls


# Whole replies.


async def test_a_whole_reply_comes_with_its_usage_and_rate_limits(endpoint: OpenEndpoint):
    done = await endpoint("ok:n=2").complete(QUESTION, Sampling())
    assert done.text == "Alpacas word1 "
    assert (done.finish_reason, done.usage) == ("stop", Usage(9, 2, cached_tokens=4))
    assert done.headers == {"x-ratelimit-remaining-requests": "41"}


async def test_a_schema_asks_for_json_of_that_shape(endpoint: OpenEndpoint):
    schema = {"type": "object", "properties": {"kind": {"type": "string"}}}
    done = await endpoint("json").complete(QUESTION, Sampling(), schema=schema)
    assert '"type": "json_schema"' in done.text
    assert '"properties"' in done.text


async def test_a_base_model_completes_whole_replies_too(endpoint: OpenEndpoint):
    done = await endpoint("ok:n=2", protocol="completions").complete(QUESTION, Sampling(), schema={})
    assert done.text == "Alpacas word1 "


@pytest.mark.parametrize(
    ("model", "fault"),
    [
        ("http-500", ServerFault),
        ("quota", QuotaExhausted),
        ("refuse", Unreachable),
        ("html", NotAStream),
        ("error-200", ServerFault),
        ("empty", EmptyReply),
        ("content-filter", ContentFiltered),
        ("reset", Unreachable),
        ("half-close", Unreachable),
        ("hang", TotalTimeout),
        ("huge-line", TooLong),
        ("slow-headers", TotalTimeout),
    ],
)
async def test_a_whole_reply_can_fail_in_the_same_ways(
    model: str, fault: type[BackendError], endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint
):
    with pytest.raises(BackendError) as failure:
        await endpoint(model, timeout_s=0.4 if fault is TotalTimeout else 30).complete(QUESTION, Sampling())
    assert type(failure.value) is fault
    assert await fake_endpoint.all_closed()


async def test_of_an_error_only_the_beginning_is_read():
    page = b"<h1>Out of order</h1>"
    async with sending(page.ljust(MAX_ERROR_BODY_BYTES), b"and more", cut=True, status=500) as url:
        backend = OpenAIBackend.from_options({"url": f"{url}/v1", "model": "tiny"}, api_key=KEY)
        outcome = await ask(backend)
        await backend.aclose()
    assert type(outcome.error) is ServerFault
    assert "Out of order" in str(outcome.error)


async def complete_in_two_parts(size: int) -> str:
    """Return what a whole reply of `size` bytes says."""
    body = b'{"choices": [{"text": "Hello", "finish_reason": "stop"}]}'.ljust(size)
    async with sending(body[:10], body[10:]) as url:
        options = {"url": f"{url}/v1", "model": "tiny", "protocol": "completions"}
        backend = OpenAIBackend.from_options(options, api_key=KEY)
        try:
            return (await backend.complete(QUESTION, Sampling())).text
        finally:
            await backend.aclose()


async def test_a_whole_reply_may_be_as_long_as_its_bound_and_no_longer():
    assert await complete_in_two_parts(MAX_BODY_BYTES) == "Hello"
    with pytest.raises(TooLong):
        await complete_in_two_parts(MAX_BODY_BYTES + 1)


# Options.


def test_every_wrong_option_is_told_at_once():
    options = {
        "url": "localhost:8000",
        "modle": "tiny",
        "protocol": "grpc",
        "timeout_s": "long",
        "stream_usage": 1,
        "extra": {"stream": False},
    }
    with pytest.raises(BadInput) as refusal:
        OpenAIBackend.from_options(options, api_key=f"{KEY}\n")
    assert refusal.value.faults == (
        "url: must be an http:// or https:// address, such as http://127.0.0.1:8000/v1",
        "modle: is not a key here; did you mean `model`?",
        "protocol: must be `chat`, `completions` or `continuation`",
        "timeout_s: must be a number above 0",
        "stream_usage: must be true or false, not 1",
        "extra: must not hold stream: the arena sets that",
        "model: is missing",
        "api_key: has spaces or characters that a key cannot have",
    )
    assert KEY not in str(refusal.value)
