"""Threads that write replies: as many as allowed, and free again when the reader leaves."""

import asyncio
import threading
from contextlib import aclosing, suppress

import pytest

from generation.backends.workers import Tell, Workers
from generation.conversation import End, Piece
from generation.errors import BackendError, EmptyReply, RateLimited, Truncated


class Writer:
    """Writes a word whenever it is allowed to."""

    def __init__(self) -> None:
        self.may_write = threading.Semaphore(0)
        self.written = 0
        self.ended = threading.Event()

    def __call__(self, tell: Tell) -> None:
        try:
            while True:
                self.may_write.acquire()
                self.written += 1
                tell([Piece("word ")])
        finally:
            self.ended.set()


async def ended(writer: Writer) -> bool:
    return await asyncio.to_thread(writer.ended.wait, 10)


async def test_events_come_in_order_and_end():
    events = [Piece("a"), Piece("b"), End("stop")]
    assert [event async for event in Workers(threads=1, waiting=0).stream(lambda tell: tell(events))] == events


async def test_a_fault_comes_after_what_was_written_before():
    def fail(tell: Tell) -> None:
        tell([Piece("a")])
        raise EmptyReply("nothing more")

    events = Workers(threads=1, waiting=0).stream(fail)
    assert await anext(events) == Piece("a")
    with pytest.raises(EmptyReply):
        await anext(events)


async def test_a_reader_that_leaves_frees_the_thread_at_the_next_word():
    workers, writer = Workers(threads=1, waiting=0), Writer()
    writer.may_write.release()
    async with aclosing(workers.stream(writer)) as events:
        await anext(events)
    writer.may_write.release()
    assert await ended(writer)
    assert writer.written <= 2
    assert [event async for event in workers.stream(lambda tell: tell([End("stop")]))] == [End("stop")]


async def test_one_too_many_is_turned_away_and_the_rest_take_turns():
    workers, writer = Workers(threads=1, waiting=1), Writer()
    first = workers.stream(writer)
    writer.may_write.release()
    await anext(first)
    second = asyncio.create_task(anext(workers.stream(lambda tell: tell([End("stop")]))))
    await asyncio.sleep(0)
    with pytest.raises(RateLimited):
        await anext(workers.stream(lambda tell: tell([End("stop")])))
    assert not second.done()
    await first.aclose()
    writer.may_write.release()
    assert await second == End("stop")


async def test_closing_ends_what_is_written_and_what_waits():
    workers, writer = Workers(threads=1, waiting=1), Writer()

    async def read(stream: object) -> BackendError | None:
        with suppress(StopAsyncIteration):
            try:
                while True:
                    await anext(stream)  # type: ignore[call-overload]
            except BackendError as error:
                return error
        return None

    readers = [asyncio.create_task(read(workers.stream(writer))) for _ in range(2)]
    await asyncio.sleep(0)
    workers.close()
    writer.may_write.release()
    assert [type(error) for error in await asyncio.gather(*readers)] == [Truncated, Truncated]
    with pytest.raises(Truncated):
        await anext(workers.stream(writer))
