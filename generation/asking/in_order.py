"""Working on several items at once and dealing with the results in the items' order."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def in_order(
    items: Iterable[Item],
    work: Callable[[Item], Awaitable[Result]],
    *,
    window: int,
    enough: Callable[[int], bool] = lambda _: False,
) -> AsyncGenerator[tuple[Item, Result], None]:
    """Yield each item with its result, in the items' order, while up to `window` are worked on at once.

    The next item is drawn only after the consumer has dealt with the item `window` places before it, so that what is
    drawn can depend on that and on nothing that came later. `enough(n)` tells that n under way are as many as needed.
    When the consumer leaves, what is under way is awaited.
    """
    flying: deque[tuple[Item, asyncio.Task[Result]]] = deque()
    try:
        for item in items:
            flying.append((item, asyncio.ensure_future(work(item))))
            while flying and (len(flying) >= window or enough(len(flying))):
                first, task = flying.popleft()
                yield first, await task
        while flying:
            first, task = flying.popleft()
            yield first, await task
    except asyncio.CancelledError:
        for _, task in flying:
            task.cancel()
        raise
    finally:
        await asyncio.gather(*(task for _, task in flying), return_exceptions=True)
