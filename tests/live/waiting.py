"""Waiting for something that another process does."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], *, within_s: float = 60.0, every_s: float = 0.05) -> None:
    """Return as soon as `condition` holds.

    Raises:
        AssertionError: it never did.
    """
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(every_s)
