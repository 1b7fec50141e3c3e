"""Every vendor's stream, whole and broken, becomes pieces and one end, or one typed fault."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from generation.backends.reach import Reach
from generation.backends.registry import open_backend
from generation.conversation import Backend, Message, Piece, Sampling
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


Opens = Callable[..., Backend]


@pytest.fixture
async def opened(vendors: FakeVendors) -> AsyncIterator[Opens]:
    """Opens a vendor's backend: `opened("anthropic", "cut")`; the model's name is what the fake does."""
    backends: list[Backend] = []

    def opens(vendor: str, mode: str, *, reach: Reach | None = None, **options: Any) -> Backend:
        place = {"azure": {"api_version": "2024-10-21"}, "bedrock": {"region": "us-east-1"}}.get(vendor, {})
        told = {"vendor": vendor, "model": mode, "url": vendors.url, **place, **options}
        backends.append(open_backend("vendor", told, api_key=None if vendor == "bedrock" else KEY, reach=reach))
        return backends[-1]

    yield opens
    for backend in backends:
        await backend.aclose()


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_reply_comes_piece_by_piece_with_its_end_and_its_tokens(
    vendors: FakeVendors, opened: Opens, vendor: str
):
    outcome = await ask(opened(vendor, "whole"), messages=TALK)
    assert outcome.error is None
    assert [piece for piece in outcome.pieces if piece] == list(WORDS)
    assert outcome.end is not None
    assert outcome.end.finish_reason == "stop"
    assert outcome.end.usage is not None
    assert (outcome.end.usage.prompt_tokens, outcome.end.usage.completion_tokens) == (16, 30)


@pytest.mark.parametrize("vendor", VENDORS)
async def test_the_whole_conversation_and_the_sampling_are_sent(vendors: FakeVendors, opened: Opens, vendor: str):
    vendors.calls.clear()
    sampling = Sampling(max_tokens=77, temperature=0.25, top_p=0.5)
    assert (await ask(opened(vendor, "whole"), messages=TALK, sampling=sampling)).error is None
    (call,) = vendors.calls
    told = json.dumps(call.body)
    assert all(told.count(message.content) == 1 for message in TALK)
    assert all(f" {value}" in told for value in (77, 0.25, 0.5))


@pytest.mark.parametrize("vendor", THINKERS)
async def test_thinking_is_kept_apart_from_the_answer(vendors: FakeVendors, opened: Opens, vendor: str):
    backend = opened(vendor, "thinks")
    thought, text = "", ""
    async with aclosing(backend.stream(TALK, Sampling())) as events:
        async for event in events:
            if isinstance(event, Piece):
                thought, text = thought + event.reasoning, text + event.text
    assert (thought, text) == (THOUGHT, "".join(WORDS))


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_reply_at_its_limit_ends_with_length_in_the_vendors_own_word(
    vendors: FakeVendors, opened: Opens, vendor: str
):
    outcome = await ask(opened(vendor, "length"))
    assert outcome.end is not None
    assert outcome.end.finish_reason == "length"
    assert outcome.end.said


@pytest.mark.parametrize("vendor", VENDORS)
async def test_every_fault_has_its_type_and_names_no_key(opened: Opens, vendor: str):
    for mode in (mode for mode in FAULTS if (mode, vendor) not in NOT_AT):
        outcome = await ask(opened(vendor, mode))
        assert type(outcome.error) is OTHERWISE.get((mode, vendor), FAULTS[mode]), (mode, outcome.error)
        assert outcome.end is None
        assert KEY not in str(outcome.error)
        assert str(outcome.error).startswith(f"`{mode}` of {vendor}: ")


@pytest.mark.parametrize("vendor", VENDORS)
async def test_calls_of_tools_never_leak_as_text(vendors: FakeVendors, opened: Opens, vendor: str):
    outcome = await ask(opened(vendor, "tool"))
    assert "search" not in outcome.text
    assert "{" not in outcome.text


async def test_a_pause_for_a_tool_is_no_whole_reply(opened: Opens):
    assert isinstance((await ask(opened("anthropic", "paused"))).error, Truncated)
    assert isinstance((await ask(opened("anthropic", "tool"))).error, Truncated)


async def test_a_prompt_that_gemini_blocks_is_withheld(opened: Opens):
    assert isinstance((await ask(opened("gemini", "prompt-blocked"))).error, ContentFiltered)


@pytest.mark.parametrize("vendor", ["anthropic", "azure", "responses"])
async def test_a_vendor_that_asks_to_wait_says_how_long(vendors: FakeVendors, opened: Opens, vendor: str):
    outcome = await ask(opened(vendor, "rate"))
    assert isinstance(outcome.error, RateLimited)
    assert outcome.error.retry_after_s == 7


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_stream_that_is_left_is_closed_at_the_vendor(vendors: FakeVendors, opened: Opens, vendor: str):
    vendors.closed.clear()
    backend = opened(vendor, "hangs")
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


@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_request_is_never_sent_twice(vendors: FakeVendors, opened: Opens, vendor: str):
    vendors.calls.clear()
    await ask(opened(vendor, "overloaded"))
    assert len(vendors.calls) == 1


@pytest.mark.parametrize("vendor", [vendor for vendor in VENDORS if vendor != "bedrock"])
async def test_an_address_out_of_reach_is_not_connected_to(vendors: FakeVendors, opened: Opens, vendor: str):
    vendors.calls.clear()
    address = vendors.url.replace("127.0.0.1", "10.255.255.1")
    outcome = await ask(opened(vendor, "whole", url=address, reach=Reach()))
    assert isinstance(outcome.error, Unreachable)
    assert "private address" in str(outcome.error)
    assert vendors.calls == []


async def test_headers_and_further_fields_are_sent(vendors: FakeVendors, opened: Opens):
    vendors.calls.clear()
    backend = opened("anthropic", "whole", headers={"x-team": "alpacas"}, extra={"top_k": 20})
    assert (await ask(backend)).error is None
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
