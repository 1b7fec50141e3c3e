"""Before the vote, not one byte that reaches the browser tells who answers."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from arena.web.texts import say
from tests.browser.conftest import Visit
from tests.endpoints.openai_server import FakeEndpoint
from tests.live.arena_process import ArenaProcess
from tests.live.waiting import wait_until
from tests.live.wiretap import Wiretap

CONTENDER = """
[[contender]]
slug = "slug-{animal}"
label = "label-{animal}"
organisation = "maker-{animal}"
licence = "licence-{animal}"
lineage = "lineage-{animal}"
system_prompt = "system-{animal}"
backend = "openai"
url = "{url}"
model = "{model}"
"""
# One breaks down on the third turn, with an error that names its maker and its key.
MODELS = {"okapi": "ok:name=okapi,tps=30", "tapir": "turn3:leaky-error:name=tapir"}
FACTS = ("label", "slug", "maker", "licence", "lineage")  # the slug is in the address of a contender's page
KNOWN_AFTER_THE_VOTE = [f"{fact}-{animal}" for animal in MODELS for fact in FACTS]
NEVER_KNOWN = [f"{fact}{animal}" for animal in MODELS for fact in ("system-", "name=")]
NEVER_KNOWN += ["leaky-error", "MegaCorp", "sk-canary"]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[FakeEndpoint]:
    endpoint = FakeEndpoint().start()
    yield endpoint
    endpoint.stop()


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory, endpoint: FakeEndpoint) -> Iterator[ArenaProcess]:
    contenders = [CONTENDER.format(animal=animal, url=endpoint.url, model=model) for animal, model in MODELS.items()]
    with ArenaProcess(tmp_path_factory.mktemp("arena"), contenders="".join(contenders)) as arena:
        yield arena


@pytest.fixture
def wire(arena: ArenaProcess) -> Iterator[Wiretap]:
    with Wiretap(arena.address) as wire:
        yield wire


def found(words: list[str], heard: bytes) -> list[str]:
    return [word for word in words if word.encode() in heard]


def test_names_cross_the_wire_only_after_the_vote(wire: Wiretap, endpoint: FakeEndpoint, visit: Visit):
    visitor = visit(wire, extra_http_headers={"accept-encoding": "identity"})
    visitor.ask("Who are you?")
    expect(visitor.button("Tie")).to_be_visible()
    asked = len(endpoint.calls)
    visitor.button("Answer again").click()
    wait_until(lambda: len(endpoint.calls) == asked + 2)
    visitor.page.reload()
    expect(visitor.button("Tie")).to_be_visible()
    visitor.ask("And now?")
    expect(visitor.page.get_by_text("You asked: And now?")).to_be_visible()
    expect(visitor.button("Tie")).to_be_visible()
    address = f"127.0.0.1:{endpoint.port}"
    assert found([*MODELS, *NEVER_KNOWN, address], wire.heard) == []

    visitor.button("Tie").click()
    expect(visitor.reveal).to_be_visible()
    assert found(KNOWN_AFTER_THE_VOTE, wire.heard) == KNOWN_AFTER_THE_VOTE
    assert found([*NEVER_KNOWN, address], wire.heard) == []


def test_names_of_a_battle_that_failed_never_cross_the_wire(wire: Wiretap, endpoint: FakeEndpoint, visit: Visit):
    visitor = visit(wire, extra_http_headers={"accept-encoding": "identity"})
    for prompt in ("One", "Two"):
        visitor.ask(prompt)
        expect(visitor.page.get_by_text(f"You asked: {prompt}")).to_be_visible()
        expect(visitor.button("Tie")).to_be_visible()
    visitor.ask("Three")
    expect(visitor.status).to_contain_text("failed, so this battle does not count.")
    expect(visitor.page.get_by_text(say("stage.silent"))).to_be_visible()
    visitor.page.reload()
    expect(visitor.page.get_by_text(say("stage.silent"))).to_be_visible()
    assert endpoint.calls_to(MODELS["tapir"])[-1].turn == 3
    assert found([*MODELS, *NEVER_KNOWN, f"127.0.0.1:{endpoint.port}"], wire.heard) == []
