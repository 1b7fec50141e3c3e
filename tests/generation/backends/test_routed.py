"""Several servers of one contender: shared work, and no reply lost silently when one of them dies."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from itertools import islice

import pytest

from generation.backends.limits import Limits
from generation.backends.openai import OpenAIBackend
from generation.backends.registry import open_backend
from generation.backends.routed import RoutedBackend
from generation.conversation import Piece, Sampling
from generation.errors import BackendError, BadInput, Rejected, ServerFault, Truncated, Unreachable
from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.backends.conftest import LIMITS, QUESTION, ask
from tests.generation.backends.test_openai import FAULTY, SHORT, WHOLE


@pytest.fixture
def pair() -> Iterator[tuple[FakeEndpoint, FakeEndpoint]]:
    """Two servers that may be killed."""
    servers = FakeEndpoint().start(), FakeEndpoint().start()
    yield servers
    for server in servers:
        server.stop()


def routed(*endpoints: FakeEndpoint, model: str = "ok", **options: object) -> RoutedBackend:
    backend = open_backend("openai", {"urls": [server.url for server in endpoints], "model": model, **options})
    assert isinstance(backend, RoutedBackend)
    return backend


def asked(*endpoints: FakeEndpoint) -> list[int]:
    return [len(endpoint.calls) for endpoint in endpoints]


async def test_replies_at_the_same_time_are_shared_out_evenly(pair: tuple[FakeEndpoint, FakeEndpoint]):
    backend = routed(*pair, model="ok:tps=40,n=8")
    outcomes = await asyncio.gather(*(ask(backend) for _ in range(10)))
    assert all(outcome.end is not None for outcome in outcomes)
    assert asked(*pair) == [5, 5]
    await backend.aclose()


async def test_a_killed_servers_replies_fail_by_name_and_new_ones_go_to_the_living(
    pair: tuple[FakeEndpoint, FakeEndpoint],
):
    doomed, living = pair
    backend = routed(*pair, model="slow-tokens")
    running = [asyncio.create_task(ask(backend)) for _ in range(6)]
    for server in pair:
        assert await server.wait_for(lambda fake: sum(call.tokens_sent > 0 for call in fake.calls) == 3)
    doomed.stop()
    ended = [await outcome for outcome in islice(asyncio.as_completed(running), 3)]
    assert [type(outcome.error) for outcome in ended] == [Truncated] * 3
    assert len(living.open_calls) == 3
    for task in running:
        task.cancel()  # a slow token never ends by itself
    await asyncio.gather(*running, return_exceptions=True)
    fresh = routed(*pair)
    for _ in range(4):
        outcome = await ask(fresh)
        assert outcome.end
    assert len(living.calls) == 3 + 4
    assert "No connection" in fresh.faults[doomed.url]
    await asyncio.gather(backend.aclose(), fresh.aclose())


async def test_a_server_that_was_down_is_tried_by_one_request_and_then_used_again(
    pair: tuple[FakeEndpoint, FakeEndpoint], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("generation.backends.routed.FIRST_REST_S", 0.05)
    backend = routed(*pair)
    sick, _ = backend.servers
    healthy = sick.backend
    sick.backend = OpenAIBackend.from_options({"url": "http://127.0.0.1:9", "model": "ok"})
    assert (await ask(backend)).end
    assert sick.outages == 1
    await sick.backend.aclose()
    sick.backend = healthy
    await asyncio.sleep(0.06)
    assert (await ask(backend)).end
    assert sick.outages == 0
    assert asked(*pair) == [1, 1]
    await backend.aclose()


async def test_when_no_server_is_well_the_reason_of_each_is_told(pair: tuple[FakeEndpoint, FakeEndpoint]):
    for server in pair:
        server.stop()
    backend = routed(*pair)
    error = (await ask(backend)).error
    assert type(error) is Unreachable
    for server in backend.servers:
        server.outages, server.rests_until = 5, asyncio.get_running_loop().time() + 30
    error = (await ask(backend)).error
    assert type(error) is Unreachable
    assert all(server.url in str(error) for server in pair)
    await backend.aclose()


async def test_a_request_that_is_itself_to_blame_does_not_count_against_its_server(
    pair: tuple[FakeEndpoint, FakeEndpoint],
):
    for model, fault in (("http-400", Rejected), ("content-filter", BackendError)):
        backend = routed(*pair, model=model)
        assert isinstance((await ask(backend)).error, fault)
        assert [(server.outages, server.busy) for server in backend.servers] == [(0, 0), (0, 0)]
        await backend.aclose()


async def test_a_server_that_falls_silent_rests_though_only_its_reader_noticed(
    pair: tuple[FakeEndpoint, FakeEndpoint],
):
    opened = {server.url: OpenAIBackend.from_options({"url": server.url, "model": "stall:after=1"}) for server in pair}
    backend = RoutedBackend(opened, suspicious_s=0.2)
    await ask(backend, limits=Limits(between_tokens_s=0.3))
    assert [server.outages for server in backend.servers] == [1, 0]
    # Who leaves at once has seen nothing that speaks against the other one.
    async with aclosing(backend.stream(QUESTION, Sampling())) as events:
        assert isinstance(await anext(events), Piece)
    assert [(server.outages, server.busy) for server in backend.servers] == [(1, 0), (0, 0)]
    await backend.aclose()


async def test_a_whole_reply_finds_a_living_server_too(pair: tuple[FakeEndpoint, FakeEndpoint]):
    pair[0].stop()
    backend = routed(*pair, model="ok:n=2")
    assert (await backend.complete(QUESTION, Sampling())).text == "Alpacas word1 "
    await backend.aclose()


async def test_a_reply_that_has_begun_is_never_taken_over(pair: tuple[FakeEndpoint, FakeEndpoint]):
    for model, fault in (("reset", Truncated), ("error-object", ServerFault)):
        backend = routed(*pair, model=model)
        outcome = await ask(backend)
        assert (type(outcome.error), outcome.text) == (fault, "Alpacas hum softly ")
        await backend.aclose()
    assert sum(asked(*pair)) == 2


# Every way to behave, through two addresses of the same server.


@pytest.fixture
def twice(fake_endpoint: FakeEndpoint) -> list[str]:
    return [fake_endpoint.url, fake_endpoint.url.replace("127.0.0.1", "localhost")]


@pytest.mark.parametrize(("model", "text"), WHOLE.items())
async def test_a_whole_reply_arrives_whole(
    model: str, text: str, twice: list[str], fake_endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("generation.backends.openai.USAGE_GRACE_S", 0.1)
    backend = open_backend("openai", {"urls": twice, "model": model})
    outcome = await ask(backend)
    assert (outcome.error, outcome.text) == (None, text)
    assert await fake_endpoint.all_closed()
    await backend.aclose()


@pytest.mark.parametrize(("model", "fault", "text"), [(model, *expected) for model, expected in FAULTY.items()])
async def test_a_fault_has_its_class_and_keeps_what_came_before(
    model: str, fault: type[BackendError], text: str, twice: list[str], fake_endpoint: FakeEndpoint
):
    backend = open_backend("openai", {"urls": twice, "model": model})
    outcome = await ask(backend, limits=SHORT.get(fault, LIMITS))
    assert type(outcome.error) is fault
    assert outcome.end is None
    assert outcome.text.startswith(text)
    assert await fake_endpoint.all_closed()
    await backend.aclose()


def test_every_wrong_option_is_told_at_once():
    with pytest.raises(BadInput) as refusal:
        open_backend("openai", {"urls": ["http://a/v1", "http://a/v1"], "url": "http://b/v1", "model": "m"})
    assert refusal.value.faults == (
        "urls: must be a list of http:// or https:// addresses, each once",
        "urls: must not be given beside `url`",
    )
    with pytest.raises(BadInput, match="modle: is not a key here"):
        open_backend("openai", {"urls": ["http://a/v1"], "modle": "m"})
