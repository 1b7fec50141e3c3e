"""Every vendor's stream, as its documentation prints it, gives the text, the thinking and the end that it means."""

import asyncio

import pytest

from generation.backends import openai as openai_backend
from generation.backends.registry import open_backend
from tests.endpoints.families import FAMILIES, Published
from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.backends.conftest import Outcome, ask


async def outcomes(fake: FakeEndpoint, *, several: bool) -> dict[str, Outcome]:
    """Ask for all of them at the same time: a client a stream takes most of the time that this costs."""

    async def one(name: str) -> Outcome:
        backend = open_backend("openai", {"model": name, **({"urls": [fake.url]} if several else {"url": fake.url})})
        try:
            return await ask(backend)
        finally:
            await backend.aclose()

    return dict(zip(FAMILIES, await asyncio.gather(*map(one, FAMILIES)), strict=True))


def meaning(outcome: Outcome) -> dict[str, object]:
    end = outcome.end
    usage = end and end.usage
    return {
        "ends": end.finish_reason if end else type(outcome.error),
        "text": outcome.text,
        "reasoning": outcome.reasoning,
        "usage": usage and (usage.prompt_tokens, usage.completion_tokens),
        "style": end.thinking if end else "",
    }


def wanted(published: Published) -> dict[str, object]:
    return {
        "ends": published.ends,
        "text": published.text,
        "reasoning": published.reasoning,
        "usage": published.usage,
        "style": published.style,
    }


@pytest.mark.parametrize("several", [False, True])
async def test_a_published_stream_means_what_it_says(
    several: bool, fake_endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(openai_backend, "USAGE_GRACE_S", 0.1)
    heard = await outcomes(fake_endpoint, several=several)
    wrong = {
        name: (published.page, meaning(heard[name]), str(heard[name].error))
        for name, published in FAMILIES.items()
        if meaning(heard[name]) != wanted(published)
    }
    assert not wrong
    assert await fake_endpoint.all_closed()


def test_there_are_enough_of_them():
    assert len(FAMILIES) >= 70
