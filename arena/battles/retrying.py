"""Retrying: a write that the database does not accept at once is tried again, a few times."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from arena.errors import DatabaseUnavailable

ATTEMPTS = 3

Result = TypeVar("Result")


async def saved(write: Callable[[], Result]) -> Result:
    """Run `write` in a thread and return its result. If the database is unavailable, try again after a moment.

    Raises:
        DatabaseUnavailable: the last attempt failed too.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await asyncio.to_thread(write)
        except DatabaseUnavailable:
            if attempt == ATTEMPTS:
                raise
            await asyncio.sleep(0.3 * attempt)
    raise AssertionError
