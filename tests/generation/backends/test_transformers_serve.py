"""The `openai` backend against a real server of checkpoints."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from generation.backends.limits import Limits
from generation.backends.openai import OpenAIBackend
from generation.conversation import Piece, Sampling
from generation.errors import Rejected
from tests.endpoints.plugin import RealEndpoint
from tests.generation.backends.conftest import QUESTION, OpenEndpoint, ask

PATIENT = Limits(first_token_s=120, between_tokens_s=60, total_s=240)  # the first request loads the checkpoint
GREEDY = Sampling(max_tokens=200, temperature=0)


@pytest.fixture
async def served(real_endpoint: RealEndpoint) -> AsyncIterator[OpenEndpoint]:
    """Opens a backend on the real endpoint: `served("tiny-1", protocol="completions")`."""
    opened: list[OpenAIBackend] = []

    def open_endpoint(model: str, **options: object) -> OpenAIBackend:
        opened.append(OpenAIBackend.from_options({"url": real_endpoint.url, "model": model, **options}))
        return opened[-1]

    yield open_endpoint
    for backend in opened:
        await backend.aclose()


async def test_two_checkpoints_answer_each_in_its_own_words(served: OpenEndpoint, real_endpoint: RealEndpoint):
    outcomes = await asyncio.gather(
        *(ask(served(model), limits=PATIENT, sampling=GREEDY) for model in real_endpoint.sentences)
    )
    for outcome, taught in zip(outcomes, real_endpoint.sentences.values(), strict=True):
        assert outcome.end
        assert outcome.end.finish_reason == "stop"
        assert outcome.end.usage
        assert len(outcome.pieces) > 10
        assert any(sentence in outcome.text for sentence in taught)
    assert outcomes[0].text != outcomes[1].text


async def test_a_reply_that_hits_its_length_says_so(served: OpenEndpoint):
    outcome = await ask(served("tiny-1"), limits=PATIENT, sampling=Sampling(max_tokens=5))
    assert outcome.end
    assert outcome.end.finish_reason == "length"


async def test_every_field_of_a_request_is_taken(served: OpenEndpoint):
    sampling = Sampling(max_tokens=9, temperature=0.7, top_p=0.9, presence_penalty=0.1, frequency_penalty=0.1, seed=7)
    outcome = await ask(served("tiny-1"), limits=PATIENT, sampling=sampling)
    assert outcome.error is None


async def test_a_base_model_goes_on_with_a_dialogue(served: OpenEndpoint):
    outcome = await ask(served("tiny-2", protocol="completions"), limits=PATIENT, sampling=Sampling(max_tokens=9))
    assert outcome.text
    assert outcome.end


async def test_a_whole_reply_is_the_same_words(served: OpenEndpoint):
    done = await served("tiny-1").complete(QUESTION, GREEDY)
    assert done.text == (await ask(served("tiny-1"), limits=PATIENT, sampling=GREEDY)).text
    assert done.finish_reason == "stop"
    assert done.usage


async def test_a_reader_that_leaves_in_the_middle_leaves_a_server_that_answers(served: OpenEndpoint):
    backend = served("tiny-1")
    async with aclosing(backend.stream(QUESTION, GREEDY)) as events:
        assert isinstance(await anext(events), Piece)
    assert (await ask(backend, limits=PATIENT, sampling=GREEDY)).end


async def test_a_field_that_it_does_not_know_is_named_in_the_error(served: OpenEndpoint):
    error = (await ask(served("tiny-1", extra={"top_k": 5}), limits=PATIENT)).error
    assert type(error) is Rejected
    assert "422 “Unexpected fields in the request: {'top_k'}”" in str(error)
