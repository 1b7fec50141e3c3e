"""Waiting for something that another process does."""

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], *, within_s: float = 30.0) -> None:
    """Return as soon as `condition` holds.

    Raises:
        AssertionError: it never did.
    """
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
