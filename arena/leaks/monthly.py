"""Once a month: the month that has ended is measured in a process of its own, so that no battle waits for it."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from arena.battles.rounds import Rounds
from arena.clock import now
from arena.errors import ProcessFailed
from arena.leaks.meter import LeakMeter, month_before

EVERY_S = 3600.0


class MonthlyMeasurement:
    """Looks once an hour whether last month was measured, and measures it if not, once a start of the arena."""

    def __init__(self, meter: LeakMeter, *, measure: Callable[[str], Awaitable[None]] | None = None) -> None:
        self._meter = meter
        self._measure = measure or measure_apart
        self._tried = ""
        self.rounds = Rounds("the leak meter", self.look, every_s=EVERY_S)

    async def look(self) -> None:
        """Do one round.

        Raises:
            ProcessFailed: the measurement failed.
        """
        month = month_before(now())
        if month == self._tried or await asyncio.to_thread(self._meter.is_measured, month):
            return
        await self._measure(month)
        self._tried = month  # a month with too few answers stays without figures; once is enough


async def measure_apart(month: str) -> None:
    """Run `arena leaks measure` for a month, and wait for its end.

    Raises:
        ProcessFailed: it ended with an error.
    """
    command = (sys.executable, "-m", "arena", "leaks", "measure", "--month", month)
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if code:
        raise ProcessFailed(f"`arena leaks measure --month {month}` ended with {code}.")
