"""Working on several items at once: how far ahead, in which order, and what an early end leaves."""

import asyncio
import random
from collections.abc import Iterator
from contextlib import aclosing

from generation.asking.in_order import in_order


async def test_items_are_drawn_only_as_far_ahead_as_the_window():
    drawn: list[int] = []
    dealt_with: list[int] = []

    def items() -> Iterator[int]:
        for number in range(30):
            drawn.append(number)
            assert number - len(dealt_with) <= 4
            yield number

    async def work(number: int) -> int:
        await asyncio.sleep(random.uniform(0, 0.003))
        return -number

    async for number, result in in_order(items(), work, window=5):
        assert result == -number
        dealt_with.append(number)
    assert dealt_with == list(range(30))


async def test_no_more_is_begun_than_is_enough():
    begun: list[int] = []

    async def work(number: int) -> int:
        begun.append(number)
        return number

    async with aclosing(in_order(range(30), work, window=10, enough=lambda under_way: under_way >= 2)) as results:
        await anext(results)
        assert begun == [0, 1]


async def test_a_consumer_that_leaves_gets_what_is_under_way_finished():
    ended: list[int] = []

    async def work(number: int) -> int:
        await asyncio.sleep(0)
        ended.append(number)
        return number

    async with aclosing(in_order(range(30), work, window=4)) as results:
        await anext(results)
    assert ended == [0, 1, 2, 3]


async def test_a_cancelled_consumer_cancels_what_is_under_way():
    cancelled: list[int] = []
    waiting = asyncio.Event()

    async def work(number: int) -> int:
        try:
            waiting.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(number)
            raise
        return number

    async def consume() -> None:
        async for _ in in_order(range(30), work, window=3):
            pass

    consumer = asyncio.create_task(consume())
    await waiting.wait()
    await asyncio.sleep(0)
    consumer.cancel()
    await asyncio.gather(consumer, return_exceptions=True)
    assert consumer.cancelled()
    assert sorted(cancelled) == [0, 1, 2]
