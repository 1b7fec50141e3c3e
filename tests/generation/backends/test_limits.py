"""The limits around any stream; the faults of real endpoints are in test_openai.py."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from generation.backends.limits import Limits, limited
from generation.backends.scripted import ScriptedBackend
from generation.conversation import End, Message, Piece, Sampling
from generation.errors import FirstTokenTimeout, Stalled, TooLong, TotalTimeout

Stream = AsyncGenerator[Piece | End, None]


def script(**options: object) -> ScriptedBackend:
    return ScriptedBackend.from_options(options)


def ask(backend: ScriptedBackend, prompt: str = "one two three four") -> Stream:
    return backend.stream([Message("user", prompt)], Sampling())


async def read(stream: Stream) -> list[Piece | End]:
    async with aclosing(stream):
        return [event async for event in stream]


async def test_a_reply_within_its_limits_is_passed_on_unchanged():
    backend = script()
    assert await read(limited(ask(backend), Limits())) == await read(ask(backend))


@pytest.mark.parametrize(
    ("options", "limits", "fault"),
    [
        ({"first_token_s": 5}, Limits(first_token_s=0.05), FirstTokenTimeout),
        ({"stall_after_tokens": 0}, Limits(first_token_s=0.05), FirstTokenTimeout),
        ({"stall_after_tokens": 2}, Limits(between_tokens_s=0.05), Stalled),
        ({"tokens_per_s": 0.1}, Limits(between_tokens_s=0.05), Stalled),
        ({"tokens_per_s": 20}, Limits(total_s=0.12), TotalTimeout),
        ({"stall_after_tokens": 2}, Limits(total_s=0.05), TotalTimeout),
        ({"reply": "five"}, Limits(max_bytes=3), TooLong),
        ({"reply": "éé"}, Limits(max_bytes=3), TooLong),
        ({}, Limits(max_tokens=3), TooLong),
    ],
)
async def test_a_reply_beyond_a_limit_ends_there_and_its_stream_is_closed(
    options: dict[str, object], limits: Limits, fault: type[Exception]
):
    backend = script(**options)
    with pytest.raises(fault):
        await read(limited(ask(backend), limits))
    assert backend.running == 0


async def test_a_reply_may_be_exactly_as_long_as_its_limits():
    backend = script(reply="é é")
    assert (await read(limited(ask(backend), Limits(max_bytes=5, max_tokens=2))))[-1] == End(
        "stop",
        (await read(ask(backend)))[-1].usage,  # type: ignore[union-attr]
    )


async def test_pieces_before_the_limit_are_kept():
    stream = limited(ask(script()), Limits(max_tokens=2))
    assert await anext(stream) == Piece("one")
    assert await anext(stream) == Piece(" two")
    with pytest.raises(TooLong):
        await anext(stream)


async def thinking(pieces: int, pause_s: float) -> Stream:
    for _ in range(pieces):
        await asyncio.sleep(pause_s)
        yield Piece("")
    yield Piece("Done.")
    yield End("stop")


async def test_signs_of_life_feed_the_timers_and_are_not_passed_on():
    limits = Limits(first_token_s=1, between_tokens_s=1)
    assert await read(limited(thinking(12, 0.1), limits)) == [Piece("Done."), End("stop")]


async def test_signs_of_life_do_not_stretch_the_total():
    with pytest.raises(TotalTimeout):
        await read(limited(thinking(1000, 0.02), Limits(total_s=0.15)))


async def test_a_slow_reader_costs_the_writer_nothing():
    stream = limited(ask(script()), Limits(first_token_s=0.05, between_tokens_s=0.05))
    async with aclosing(stream):
        async for _ in stream:
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("words_read", [0, 1, 2])
async def test_leaving_closes_the_stream_at_once(words_read: int):
    backend = script(stall_after_tokens=2)
    stream = limited(ask(backend), Limits())
    for _ in range(words_read):
        await anext(stream)
    await stream.aclose()
    assert backend.running == 0


async def test_a_cancelled_reader_closes_the_stream_at_once():
    backend = script(stall_after_tokens=2)
    reader = asyncio.create_task(read(limited(ask(backend), Limits())))
    await asyncio.sleep(0.05)
    assert backend.running == 1
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert backend.running == 0
