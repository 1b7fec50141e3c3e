"""The scripted backend: what it says, at what pace, and how it fails."""

import asyncio

import pytest

from generation import errors
from generation.backends.limits import Limits
from generation.backends.scripted import Call, ScriptedBackend
from generation.conversation import Completion, End, Message, Piece, Sampling, Usage
from generation.errors import BackendError, EmptyReply, RateLimited, ServerFault, Stalled, Truncated
from tests.generation.backends.conftest import ask


def say(prompt: str, *earlier: str) -> list[Message]:
    """A conversation whose prompts are `earlier` and then `prompt`, each answered with "Yes."."""
    turns = [message for text in earlier for message in (Message("user", text), Message("assistant", "Yes."))]
    return [*turns, Message("user", prompt)]


def script(**options: object) -> ScriptedBackend:
    return ScriptedBackend.from_options(options)


async def test_without_a_reply_it_repeats_the_prompt_word_by_word():
    stream = script().stream(say("Hello  there\n"), Sampling())
    assert [event async for event in stream] == [
        Piece("Hello"),
        Piece("  there"),
        Piece("\n"),
        End("stop", Usage(2, 3)),
    ]


async def test_a_reply_ends_at_the_token_limit():
    outcome = await ask(script(), messages=say("one two three"), sampling=Sampling(max_tokens=2))
    assert (outcome.text, outcome.end) == ("one two", End("length", Usage(3, 2)))


async def test_words_come_at_their_pace():
    now = asyncio.get_running_loop().time
    start = now()
    stream = script(first_token_s=0.1, tokens_per_s=20).stream(say("one two three"), Sampling())
    moments = [now() - start async for _ in stream]
    # Never early; how late depends on the machine.
    assert all(moment >= due - 0.01 for moment, due in zip(moments, [0.1, 0.15, 0.2, 0.2], strict=True))


@pytest.mark.parametrize(
    "fault", [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, BackendError)]
)
async def test_every_failure_can_be_rehearsed(fault: type[BackendError]):
    if fault is BackendError:
        return
    outcome = await ask(script(fail=fault.kind, fail_after_tokens=1), messages=say("one two"))
    assert (type(outcome.error), outcome.text) == (fault, "one")


async def test_a_rehearsed_rate_limit_asks_for_patience():
    error = (await ask(script(fail="rate_limited", retry_after_s=30))).error
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == 30


async def test_a_rule_may_fail_or_stall_where_the_others_do_not():
    backend = script(
        tokens_per_s=1000,
        rules=[
            {"match": "fail", "fail": "server_fault"},
            {"turn": 2, "stall_after_tokens": 1},
        ],
    )
    assert type((await ask(backend, messages=say("please fail"))).error) is ServerFault
    stalled = await ask(backend, messages=say("fine now", "before"), limits=Limits(between_tokens_s=0.2))
    assert (stalled.text, type(stalled.error)) == ("fine", Stalled)
    assert (await ask(backend, messages=say("fine now"))).end


@pytest.mark.parametrize("reply", ["", " \n"])
async def test_an_empty_line_is_an_empty_reply(reply: str):
    assert type((await ask(script(reply=reply))).error) is EmptyReply


async def test_a_stalled_stream_ends_when_the_backend_is_closed():
    backend = script(stall_after_tokens=0)
    reading = asyncio.create_task(ask(backend))
    await asyncio.sleep(0.01)
    await backend.aclose()
    assert type((await reading).error) is Truncated


async def test_a_whole_reply_is_what_the_stream_would_have_said():
    done = await script().complete(say("one two"), Sampling(), schema={"type": "object"})
    assert done == Completion("one two", "stop", Usage(2, 2))


async def test_it_keeps_what_it_was_asked():
    backend = script()
    await ask(backend, messages=say("Hello"), sampling=Sampling(seed=3))
    await backend.complete(say("Hello"), Sampling(), schema={})
    assert list(backend.calls) == [
        Call((Message("user", "Hello"),), Sampling(seed=3)),
        Call((Message("user", "Hello"),), Sampling(), schema={}),
    ]
