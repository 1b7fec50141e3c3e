"""Which addresses an endpoint may be at: by itself, and where a real connection is made."""

import socket
from collections.abc import AsyncIterator

import pytest

from generation.backends.openai import OpenAIBackend
from generation.backends.reach import Reach
from generation.errors import NotAStream, Unreachable
from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.backends.conftest import ask

PUBLIC = Reach()


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_a_public_address_is_allowed_under_any_name(address: str):
    assert PUBLIC.allows("api.example.com", address)


@pytest.mark.parametrize("host", ["localhost", "vllm.localhost", "127.0.0.1", "127.8.8.8", "0.0.0.0", "::1"])
def test_this_machine_is_allowed_by_its_own_names(host: str):
    assert PUBLIC.allows(host, "127.0.0.1")
    assert PUBLIC.allows(host, "::1")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "0.0.0.0",
        "::ffff:127.0.0.1",
        "10.0.0.5",
        "172.18.0.2",
        "192.168.1.1",
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a00:5::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "100.64.0.1",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
    ],
)
def test_no_other_name_may_lead_to_an_address_inside(address: str):
    assert not PUBLIC.allows("rebound.example", address)
    assert not PUBLIC.allows("10.0.0.5", address)


def test_networks_that_are_named_are_allowed_and_no_more():
    lab = Reach.parse("10.1.0.0/16, fd00::/8")
    assert lab.allows("gpu1", "10.1.2.3")
    assert lab.allows("gpu1", "::ffff:10.1.2.3")
    assert lab.allows("gpu1", "fd00::7")
    assert not lab.allows("gpu1", "10.2.0.1")
    assert not lab.allows("gpu1", "127.0.0.1")


@pytest.mark.parametrize("text", ["lan", "10.0.0.1/8", "10.0.0.0/33"])
def test_what_is_no_network_is_refused(text: str):
    with pytest.raises(ValueError, match=r"network|host bits"):
        Reach.parse(text)


@pytest.fixture
async def rebound(monkeypatch: pytest.MonkeyPatch, fake_endpoint: FakeEndpoint) -> AsyncIterator[OpenAIBackend]:
    """A backend whose endpoint's name leads to this machine, by a DNS that its owner runs."""
    resolve = socket.getaddrinfo

    def owned_by_another(host: str, *rest: object, **named: object) -> object:
        return resolve("127.0.0.1" if host == "rebound.example" else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", owned_by_another)
    url = fake_endpoint.url.replace("127.0.0.1", "rebound.example")
    backend = OpenAIBackend.from_options({"url": url, "model": "ok"}, reach=PUBLIC)
    yield backend
    await backend.aclose()


async def test_a_name_that_leads_inside_is_not_connected_to(rebound: OpenAIBackend, fake_endpoint: FakeEndpoint):
    outcome = await ask(rebound)
    assert isinstance(outcome.error, Unreachable)
    assert "rebound.example is at a private address" in str(outcome.error)
    assert "ARENA_PRIVATE_NETWORKS" in str(outcome.error.hint)
    assert fake_endpoint.calls == []


async def test_this_machine_answers_by_its_own_name_and_redirects_stay_refused(fake_endpoint: FakeEndpoint):
    for model, error in (("ok", None), ("redirect", NotAStream)):
        backend = OpenAIBackend.from_options({"url": fake_endpoint.url, "model": model}, reach=PUBLIC)
        outcome = await ask(backend)
        assert (type(outcome.error) if outcome.error else None) is error
        await backend.aclose()
