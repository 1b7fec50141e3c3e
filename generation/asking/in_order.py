"""In order: works on several items at the same time and yields the results in the order of the items."""

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

    An item is taken from `items` only after the consumer has handled the result `window` places before it. So an item
    may depend on that result, and cannot depend on later ones. `enough(n)` says that the n items under way are as many
    as needed. When the consumer leaves, the work that has begun is finished; when it is cancelled, that work is
    cancelled too.
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
