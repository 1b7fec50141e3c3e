"""Saving: a write that the database does not take at once is tried again, a few times."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from arena.errors import DatabaseUnavailable

ATTEMPTS = 3

Result = TypeVar("Result")


async def saved(write: Callable[[], Result]) -> Result:
    """Run `write` in a thread, again after a moment if the database does not take it.

    Raises:
        DatabaseUnavailable: it did not take it the last time either.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await asyncio.to_thread(write)
        except DatabaseUnavailable:
            if attempt == ATTEMPTS:
                raise
            await asyncio.sleep(0.3 * attempt)
    raise AssertionError
