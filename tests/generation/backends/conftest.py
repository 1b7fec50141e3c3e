"""Asking a backend and keeping what came."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest

from generation.backends.limits import Limits, limited
from generation.backends.openai import OpenAIBackend
from generation.conversation import Backend, End, Message, Piece, Sampling
from generation.errors import BackendError
from tests.endpoints.openai_server import FakeEndpoint

LIMITS = Limits()
QUESTION = [Message("user", "How do alpacas greet each other?")]
KEY = "sk-canary-4f1d"


@dataclass
class Outcome:
    """What a stream gave until its end or its error."""

    pieces: list[str] = field(default_factory=list)
    end: End | None = None
    error: BackendError | None = None

    @property
    def text(self) -> str:
        return "".join(self.pieces)


async def ask(
    backend: Backend,
    *,
    limits: Limits = LIMITS,
    messages: list[Message] = QUESTION,
    sampling: Sampling | None = None,
) -> Outcome:
    outcome = Outcome()
    stream = backend.stream(messages, sampling or Sampling(max_tokens=64))
    try:
        async with aclosing(limited(stream, limits)) as events:
            async for event in events:
                if isinstance(event, Piece):
                    outcome.pieces.append(event.text)
                else:
                    outcome.end = event
    except BackendError as error:
        outcome.error = error
    return outcome


OpenEndpoint = Callable[..., OpenAIBackend]


@pytest.fixture
async def endpoint(fake_endpoint: FakeEndpoint) -> AsyncIterator[OpenEndpoint]:
    """Opens a backend on the fake endpoint: `endpoint("stall:after=3", protocol="completions")`."""
    opened: list[OpenAIBackend] = []

    def open_endpoint(model: str, **options: object) -> OpenAIBackend:
        opened.append(OpenAIBackend.from_options({"url": fake_endpoint.url, "model": model, **options}, api_key=KEY))
        return opened[-1]

    yield open_endpoint
    for backend in opened:
        await backend.aclose()
