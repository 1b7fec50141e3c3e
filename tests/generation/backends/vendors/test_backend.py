"""Every vendor's stream, whole and broken, becomes pieces and one end, or one typed fault."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest

from generation.backends.reach import Reach
from generation.backends.registry import open_backend
from generation.conversation import Backend, End, Message, Piece, Sampling, Usage
from generation.errors import (
    BackendError,
    BadInput,
    ContentFiltered,
    ContextTooLong,
    EmptyReply,
    NotAStream,
    OnlyThinking,
    PromptDeclined,
    QuotaExhausted,
    RateLimited,
    Rejected,
    ServerFault,
    Truncated,
    Unreachable,
)
from tests.endpoints.vendors_server import THOUGHT, WORDS, FakeVendors
from tests.generation.backends.conftest import ask

pytest.importorskip("pydantic_ai")

KEY = "sk-canary-77ab"
VENDORS = ("anthropic", "azure", "bedrock", "gemini", "responses", "vertex")
THINKERS = ("anthropic", "bedrock", "gemini", "responses", "vertex")
TALK = [Message("system", "Be kind."), Message("user", "Hi"), Message("assistant", "Hello."), Message("user", "Sing!")]
# What the vendor has no way to do.
NOT_AT = {("odd", "azure"), ("odd", "responses"), ("only-thinks", "azure"), ("empty", "azure")}
FAULTS: dict[str, type[BackendError]] = {
    "filtered": ContentFiltered,
    "odd": Truncated,
    "cut": Truncated,
    "reset": Truncated,
    "empty": EmptyReply,
    "only-thinks": OnlyThinking,
    "error": ServerFault,
    "not-json": NotAStream,
    "redirect": NotAStream,
    "bad-key": Rejected,
    "no-such-model": Rejected,
    "rate": RateLimited,
    "overloaded": ServerFault,
    "broken": ServerFault,
    "credit": QuotaExhausted,
    "long": ContextTooLong,
    "declined": PromptDeclined,
}
OTHERWISE: dict[tuple[str, str], type[BackendError]] = {
    ("error", "bedrock"): RateLimited,  # a throttlingException in its stream
    ("not-json", "bedrock"): ServerFault,  # its frames have checksums
}


@pytest.fixture(scope="module")
def vendors() -> Iterator[FakeVendors]:
    server = FakeVendors().start()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def _amazons_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "canary")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEY)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def opened(vendors: FakeVendors, vendor: str, mode: str, **options: Any) -> Backend:
    place = {"azure": {"api_version": "2024-10-21"}, "bedrock": {"region": "us-east-1"}}.get(vendor, {})
    told = {"vendor": vendor, "model": mode, "url": vendors.url, **place, **options}
    return open_backend("vendor", told, api_key=None if vendor == "bedrock" else KEY)


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_reply_comes_piece_by_piece_with_its_end_and_its_tokens(vendors: FakeVendors, vendor: str):
    outcome = await ask(opened(vendors, vendor, "whole"), messages=TALK)
    assert outcome.error is None
    assert [piece for piece in outcome.pieces if piece] == list(WORDS)
    assert outcome.end is not None
    assert outcome.end.finish_reason == "stop"
    assert outcome.end.usage is not None
    assert (outcome.end.usage.prompt_tokens, outcome.end.usage.completion_tokens) == (16, 30)


@pytest.mark.parametrize("vendor", VENDORS)
async def test_the_whole_conversation_and_the_sampling_are_sent(vendors: FakeVendors, vendor: str):
    vendors.calls.clear()
    sampling = Sampling(max_tokens=77, temperature=0.25, top_p=0.5)
    assert (await ask(opened(vendors, vendor, "whole"), messages=TALK, sampling=sampling)).error is None
    (call,) = vendors.calls
    told = json.dumps(call.body)
    assert all(told.count(message.content) == 1 for message in TALK)
    assert all(f" {value}" in told for value in (77, 0.25, 0.5))


@pytest.mark.parametrize("vendor", THINKERS)
async def test_thinking_is_kept_apart_from_the_answer(vendors: FakeVendors, vendor: str):
    backend = opened(vendors, vendor, "thinks")
    thought, text = "", ""
    async with aclosing(backend.stream(TALK, Sampling())) as events:
        async for event in events:
            if isinstance(event, Piece):
                thought, text = thought + event.reasoning, text + event.text
    assert (thought, text) == (THOUGHT, "".join(WORDS))


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_reply_at_its_limit_ends_with_length_in_the_vendors_own_word(vendors: FakeVendors, vendor: str):
    outcome = await ask(opened(vendors, vendor, "length"))
    assert outcome.end is not None
    assert outcome.end.finish_reason == "length"
    assert outcome.end.said


@pytest.mark.parametrize(
    ("mode", "vendor"), [(mode, vendor) for mode in FAULTS for vendor in VENDORS if (mode, vendor) not in NOT_AT]
)
async def test_a_fault_has_its_type_and_names_no_key(vendors: FakeVendors, mode: str, vendor: str):
    outcome = await ask(opened(vendors, vendor, mode))
    assert type(outcome.error) is OTHERWISE.get((mode, vendor), FAULTS[mode]), outcome.error
    assert outcome.end is None
    assert KEY not in str(outcome.error)
    assert str(outcome.error).startswith(f"`{mode}` of {vendor}: ")


@pytest.mark.parametrize("vendor", VENDORS)
async def test_calls_of_tools_never_leak_as_text(vendors: FakeVendors, vendor: str):
    outcome = await ask(opened(vendors, vendor, "tool"))
    assert "search" not in outcome.text
    assert "{" not in outcome.text


async def test_a_pause_for_a_tool_is_no_whole_reply(vendors: FakeVendors):
    assert isinstance((await ask(opened(vendors, "anthropic", "paused"))).error, Truncated)
    assert isinstance((await ask(opened(vendors, "anthropic", "tool"))).error, Truncated)


async def test_a_prompt_that_gemini_blocks_is_withheld(vendors: FakeVendors):
    assert isinstance((await ask(opened(vendors, "gemini", "prompt-blocked"))).error, ContentFiltered)


@pytest.mark.parametrize("vendor", ["anthropic", "azure", "responses"])
async def test_a_vendor_that_asks_to_wait_says_how_long(vendors: FakeVendors, vendor: str):
    outcome = await ask(opened(vendors, vendor, "rate"))
    assert isinstance(outcome.error, RateLimited)
    assert outcome.error.retry_after_s == 7


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_stream_that_is_left_is_closed_at_the_vendor(vendors: FakeVendors, vendor: str):
    vendors.closed.clear()
    backend = opened(vendors, vendor, "hangs")
    async with aclosing(backend.stream(TALK, Sampling())) as events:
        async for event in events:
            assert isinstance(event, Piece)
            if event.text:
                break
    for _ in range(100):
        if vendors.closed:
            break
        await asyncio.sleep(0.02)
    assert vendors.closed == ["hangs"]
    await backend.aclose()


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_request_is_never_sent_twice(vendors: FakeVendors, vendor: str):
    vendors.calls.clear()
    await ask(opened(vendors, vendor, "overloaded"))
    assert len(vendors.calls) == 1


@pytest.mark.parametrize("vendor", [vendor for vendor in VENDORS if vendor != "bedrock"])
async def test_an_address_out_of_reach_is_not_connected_to(vendors: FakeVendors, vendor: str):
    vendors.calls.clear()
    address = vendors.url.replace("127.0.0.1", "localtest.example")
    options = {"vendor": vendor, "model": "whole", "url": address, "api_version": "2024-10-21"}
    if vendor != "azure":
        del options["api_version"]
    outcome = await ask(open_backend("vendor", options, api_key=KEY, reach=Reach()))
    assert isinstance(outcome.error, Unreachable)
    assert vendors.calls == []


def test_headers_and_further_fields_are_sent(vendors: FakeVendors):
    vendors.calls.clear()
    backend = opened(vendors, "anthropic", "whole", headers={"x-team": "alpacas"}, extra={"top_k": 20})
    assert asyncio.run(ask(backend)).error is None
    (call,) = vendors.calls
    assert {name.lower(): text for name, text in call.headers.items()}["x-team"] == "alpacas"
    assert call.body["top_k"] == 20


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"vendor": "anthropic"}, "anthropic needs a key"),
        ({"vendor": "bedrock"}, "bedrock needs a `region`"),
        ({"vendor": "vertex"}, "vertex needs `project` and `region`"),
    ],
)
def test_what_a_vendor_needs_and_does_not_have_is_said_when_it_is_opened(options: dict[str, Any], sentence: str):
    with pytest.raises(BadInput, match=sentence):
        open_backend("vendor", {"model": "any", **options})


def test_azure_needs_an_address_and_a_version():
    with pytest.raises(BadInput, match="azure needs `url` and `api_version`"):
        open_backend("vendor", {"vendor": "azure", "model": "any"}, api_key=KEY)


def test_an_unknown_usage_is_none_and_not_zero():
    from pydantic_ai.messages import ModelResponse

    from generation.backends.vendors.backend import last_chunk

    assert "prompt_tokens" in last_chunk(ModelResponse(parts=[]))
    assert Usage(1, 1) == Usage(1, 1, 0)
    assert End("stop").usage is None
