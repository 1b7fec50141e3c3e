"""A checkpoint in this process: its own words, its end, and nothing that outlives its reader."""

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from generation.backends.registry import open_backend
from generation.conversation import End, Message, Piece, Sampling
from generation.errors import BadInput, ContextTooLong, RateLimited, Rejected
from generation.prompts import FORMATS
from generation.value_rules import any_of
from tests.endpoints.plugin import TinyLlamas
from tests.generation.backends.conftest import GREEDY, PATIENT, QUESTION, OpenCheckpoint, ask


async def test_each_checkpoint_answers_in_its_own_words_piece_by_piece(
    checkpoint: OpenCheckpoint, tiny_llamas: TinyLlamas
):
    outcomes = await asyncio.gather(
        *(ask(checkpoint(name), limits=PATIENT, sampling=GREEDY) for name in tiny_llamas.sentences)
    )
    for outcome, taught in zip(outcomes, tiny_llamas.sentences.values(), strict=True):
        assert outcome.end
        assert outcome.end.finish_reason == "stop"
        assert outcome.end.usage
        assert outcome.end.usage.completion_tokens > 10
        assert len(outcome.pieces) > 10
        assert any(sentence in outcome.text for sentence in taught)
        assert "<|" not in outcome.text
    assert outcomes[0].text != outcomes[1].text


async def test_sampling_is_obeyed(checkpoint: OpenCheckpoint):
    backend = checkpoint("tiny-1")
    greedy = (await ask(backend, limits=PATIENT, sampling=GREEDY)).text

    async def drawn(**values: Any) -> str:
        return (await ask(backend, limits=PATIENT, sampling=Sampling(max_tokens=40, **values))).text

    assert await drawn(temperature=2, seed=5) == await drawn(temperature=2, seed=5)
    assert await drawn(temperature=2, seed=5) != await drawn(temperature=2, seed=6)
    assert greedy.startswith(await drawn(temperature=2, seed=5, top_p=0))
    assert not greedy.startswith(await drawn(temperature=0, frequency_penalty=2, presence_penalty=2))
    stopped = await ask(backend, limits=PATIENT, sampling=Sampling(max_tokens=200, temperature=0, stop=(greedy[9:13],)))
    assert (stopped.text, stopped.end and stopped.end.finish_reason) == (greedy[:9], "stop")
    cut = await ask(backend, limits=PATIENT, sampling=Sampling(max_tokens=3, temperature=0))
    assert cut.end
    assert cut.end.finish_reason == "length"


async def test_a_prompt_format_writes_the_prompt_and_brings_its_stop_strings(checkpoint: OpenCheckpoint):
    outcome = await ask(checkpoint("tiny-1", prompt_format="base"), limits=PATIENT, sampling=GREEDY)
    assert "### Person" not in outcome.text
    assert outcome.end
    assert outcome.end.usage
    # The frame opens with two exchanges.
    assert outcome.end.usage.prompt_tokens > 100


async def test_a_conversation_is_read_to_its_end(checkpoint: OpenCheckpoint):
    conversation = [*QUESTION, Message("assistant", "They hum."), Message("user", "Why?")]
    outcome = await ask(checkpoint("tiny-2"), limits=PATIENT, messages=conversation, sampling=GREEDY)
    assert outcome.end


async def test_a_prompt_that_does_not_fit_is_refused_and_a_reply_ends_where_the_context_does(
    checkpoint: OpenCheckpoint,
):
    backend = checkpoint("tiny-1")
    long = [Message("user", "é" * 3000)]
    assert type((await ask(backend, limits=PATIENT, messages=long)).error) is ContextTooLong
    nearly = [Message("user", "é" * 1015)]
    outcome = await ask(backend, limits=PATIENT, messages=nearly, sampling=Sampling(temperature=0))
    assert outcome.end
    assert outcome.end.usage
    assert outcome.end.usage.prompt_tokens + outcome.end.usage.completion_tokens <= 2048


async def test_a_reader_that_leaves_stops_the_writing(checkpoint: OpenCheckpoint):
    backend = checkpoint("tiny-1", waiting=1)
    forever = Sampling(max_tokens=2000, temperature=2, logit_bias={"1": -100})  # without the token that ends it
    for _ in range(4):
        async with aclosing(backend.stream(QUESTION, forever)) as events:
            async for event in events:
                if isinstance(event, Piece) and event.text:
                    break
    # Four such replies would keep it busy for long.
    assert (await ask(backend, limits=PATIENT, sampling=Sampling(max_tokens=1))).end


async def test_more_replies_than_may_wait_are_turned_away(checkpoint: OpenCheckpoint):
    backend = checkpoint("tiny-1", waiting=2)
    await backend.complete(QUESTION, Sampling(max_tokens=1))
    outcomes = await asyncio.gather(*(ask(backend, limits=PATIENT, sampling=GREEDY) for _ in range(6)))
    assert [type(outcome.error) for outcome in outcomes if outcome.error] == [RateLimited] * 3
    assert len({outcome.text for outcome in outcomes if not outcome.error}) == 1


async def test_a_whole_reply_is_the_same_words(checkpoint: OpenCheckpoint):
    backend = checkpoint("tiny-1")
    done = await backend.complete(QUESTION, GREEDY)
    streamed = await ask(backend, limits=PATIENT, sampling=GREEDY)
    assert done.text == streamed.text
    assert streamed.end == End(done.finish_reason, done.usage)


async def test_a_conversation_that_the_chat_template_refuses_is_an_error_in_our_words(
    copied: Path, checkpoint: OpenCheckpoint
):
    (copied / "chat_template.jinja").write_text("{{ raise_exception('No system prompts.') }}")
    error = (await ask(checkpoint(copied), limits=PATIENT)).error
    assert type(error) is Rejected
    assert "No system prompts." in str(error)


async def test_an_adapter_speaks_through_the_base_that_it_names(checkpoint: OpenCheckpoint, tiny_adapter: Path):
    changed = await ask(checkpoint(tiny_adapter), limits=PATIENT, sampling=GREEDY)
    plain = await ask(checkpoint("tiny-1"), limits=PATIENT, sampling=GREEDY)
    assert changed.end
    assert changed.text != plain.text


def test_a_folder_without_a_chat_template_needs_a_prompt_format(copied: Path):
    (copied / "chat_template.jinja").unlink()
    with pytest.raises(BadInput) as refusal:
        open_backend("transformers", {"folder": str(copied)})
    assert "alpaca" in (refusal.value.hint or "")


def test_every_wrong_option_is_told_at_once():
    with pytest.raises(BadInput) as refusal:
        open_backend("transformers", {"prompt_format": "vicuna", "device": "tpu", "thread": 1})
    assert refusal.value.faults == (
        f"prompt_format: must be {any_of(tuple(FORMATS))}; did you mean `vicuna_v1.1`?",
        "device: must be `auto`, `cpu` or `cuda`; did you mean `cpu`?",
        "thread: is not a key here; did you mean `threads`?",
        "folder: is missing",
    )
