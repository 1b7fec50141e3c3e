"""A contender is heard with the room that its thinking needs; tests/arena/contenders/test_check.py has the rest."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from arena.contenders.opened import OpenContenders
from arena.contenders.probes import MAX_TOKENS, MAX_TOKENS_OF_THINKERS, WHO, ProbeAnswer, Probes, follows_system_prompt
from generation.conversation import End
from generation.errors import OnlyThinking, Truncated
from tests.arena.conftest import scripted
from tests.endpoints.openai_server import FakeEndpoint


@asynccontextmanager
async def probing(fake: FakeEndpoint, mode: str, open_contenders: OpenContenders) -> AsyncIterator[Probes]:
    contender = scripted(mode)
    contender.backend, contender.options = "openai", {"url": fake.url, "model": mode}
    probes = Probes(contender, open_contenders)
    yield probes
    await probes.aclose()


@pytest.mark.parametrize(
    ("mode", "asked_for"),
    [
        ("ok", [MAX_TOKENS] * 2),
        ("length", [MAX_TOKENS, MAX_TOKENS_OF_THINKERS, MAX_TOKENS]),
        ("cut-while-thinking-hidden", [MAX_TOKENS, MAX_TOKENS_OF_THINKERS]),
        ("thinks-first:think=60", [MAX_TOKENS, *[MAX_TOKENS_OF_THINKERS] * 2]),
    ],
)
async def test_more_room_is_given_where_it_shows_more(
    mode: str, asked_for: list[int], fake_endpoint: FakeEndpoint, open_contenders: OpenContenders
):
    async with probing(fake_endpoint, mode, open_contenders) as probes:
        with suppress(OnlyThinking):  # this mode has no answer, whatever room it is given
            await probes.first()
            await probes.ask(WHO)
    assert [call.body["max_tokens"] for call in fake_endpoint.calls] == asked_for


async def test_an_abort_without_a_reason_stays_a_fault(fake_endpoint: FakeEndpoint, open_contenders: OpenContenders):
    async with probing(fake_endpoint, "no-finish", open_contenders) as probes:
        with pytest.raises(Truncated):
            await probes.first()


@pytest.mark.parametrize(("text", "follows"), [("I am X. OKAPI", True), ("okapi.", True), ("I am X.", False)])
def test_a_sign_shows_that_a_system_prompt_was_read(text: str, follows: bool):
    assert follows_system_prompt(ProbeAnswer(text, 0.1, 0.2, 2, End("stop"))) is follows
