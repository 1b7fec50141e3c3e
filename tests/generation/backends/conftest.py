"""Asking a backend and keeping what came."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from generation.backends.learned import Learned
from generation.backends.limits import Limits, limited
from generation.backends.openai import OpenAIBackend
from generation.backends.registry import open_backend
from generation.backends.transformers import TransformersBackend
from generation.conversation import Backend, End, Message, Piece, Sampling, Transcript
from generation.errors import BackendError
from tests.endpoints.openai_server import FakeEndpoint
from tests.endpoints.plugin import TinyLlamas
from tests.generation.backends.llamas import write_llama

LIMITS = Limits()
PATIENT = Limits(total_s=240)
GREEDY = Sampling(max_tokens=200, temperature=0)
QUESTION = [Message("user", "How do alpacas greet each other?")]
KEY = "sk-canary-4f1d"


@dataclass
class Outcome:
    """What a stream gave until its end or its error."""

    pieces: list[str] = field(default_factory=list)
    told: Transcript = field(default_factory=Transcript)
    end: End | None = None
    error: BackendError | None = None

    @property
    def text(self) -> str:
        return self.told.text

    @property
    def reasoning(self) -> str:
        return self.told.reasoning


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
                    outcome.told.add(event)
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

    def open_endpoint(model: str, *, learned: Learned | None = None, **options: object) -> OpenAIBackend:
        settings = {"url": fake_endpoint.url, "model": model, **options}
        opened.append(OpenAIBackend.from_options(settings, api_key=KEY, learned=learned))
        return opened[-1]

    yield open_endpoint
    for backend in opened:
        await backend.aclose()


@pytest.fixture(scope="session")
def random_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose greedy replies never end by themselves."""
    path = tmp_path_factory.mktemp("llama") / "random"
    write_llama(path)
    return path


OpenCheckpoint = Callable[..., TransformersBackend]


@pytest.fixture
async def checkpoint(tiny_llamas: TinyLlamas) -> AsyncIterator[OpenCheckpoint]:
    """Opens a backend on a checkpoint: `checkpoint("tiny-1", prompt_format="alpaca")`."""
    opened: list[TransformersBackend] = []

    def open_checkpoint(folder: str | Path, **options: object) -> TransformersBackend:
        backend = open_backend("transformers", {"folder": str(tiny_llamas.folder / folder), "threads": 1, **options})
        assert isinstance(backend, TransformersBackend)
        opened.append(backend)
        return backend

    yield open_checkpoint
    for backend in opened:
        await backend.aclose()
