"""Keeps a process running: starts it, polls its health, starts it again after a failure, and ends it cleanly.

Nothing here depends on the program, except the address that answers 200 while it is healthy.
"""

import asyncio
import os
import shlex
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from arena.errors import ProcessFailed

TAIL_BYTES = 2000


@dataclass(frozen=True, slots=True)
class Care:
    """How a process is watched, in seconds.

    Attributes:
        ready_within_s: how long a start may take.
        every_s: time between two health checks.
        misses: failed health checks in a row after which it counts as hung.
        first_rest_s, longest_rest_s: wait before a new start. It doubles until the process was ready again.
        end_within_s: how long it may take to end; after that it is killed.
    """

    ready_within_s: float = 1800.0
    every_s: float = 5.0
    misses: int = 6
    first_rest_s: float = 1.0
    longest_rest_s: float = 60.0
    end_within_s: float = 30.0


class WatchedProcess:
    """One command that should always run.

    Args:
        name: its name in messages.
        command: program and arguments.
        health: URL that answers 200 while it is healthy.
        log: file to which its output is appended.
        say: shows a message to the operator.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        health: str,
        log: Path,
        say: Callable[[str], None],
        care: Care = Care(),
    ) -> None:
        self._name = name
        self._command = command
        self._health = health
        self._log = log
        self._say = say
        self._care = care

    async def run(self, on_ready: Callable[[], Awaitable[None]]) -> None:
        """Keep it running until cancelled. `on_ready` is awaited each time it becomes ready.

        Raises:
            ProcessFailed: it cannot be started, or ended before it was ready for the first time.
        """
        rest_s, was_ready = self._care.first_rest_s, False
        while True:
            process = await self._start()
            try:
                if await self._becomes_ready(process):
                    rest_s, was_ready = self._care.first_rest_s, True
                    await on_ready()
                    await self._while_well(process)
            finally:
                await self._end(process)
            if not was_ready:
                raise ProcessFailed(
                    f"{self._name} ended with {process.returncode} before it was ready:\n{self._last_words()}",
                    hint=f"The whole log is in {self._log}.",
                )
            self._say(f"{self._name} ended with {process.returncode}; starting it again in {rest_s:g} s ({self._log}).")
            await asyncio.sleep(rest_s)
            rest_s = min(2 * rest_s, self._care.longest_rest_s)

    async def _start(self) -> asyncio.subprocess.Process:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            log.write(f"\n--- {datetime.now(UTC):%Y-%m-%d %H:%M:%S} {shlex.join(self._command)}\n".encode())
            log.flush()
            try:
                # A session of its own: Ctrl-C in the terminal does not reach it, and its children can be ended with it.
                return await asyncio.create_subprocess_exec(
                    *self._command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            except OSError as error:
                raise ProcessFailed(f"{self._command[0]} cannot be started: {error.strerror}.") from error

    async def _becomes_ready(self, process: asyncio.subprocess.Process) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._care.ready_within_s):
                while process.returncode is None:
                    if await self._is_well():
                        return True
                    await self._pause(process, min(self._care.every_s, 1.0))
        return False

    async def _while_well(self, process: asyncio.subprocess.Process) -> None:
        misses = 0
        while process.returncode is None and misses < self._care.misses:
            await self._pause(process, self._care.every_s)
            misses = 0 if await self._is_well() else misses + 1

    async def _is_well(self) -> bool:
        try:
            # A new connection each time: an old one may lead to a server that was killed.
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=max(1.0, self._care.every_s))) as client,
                client.get(self._health, allow_redirects=False) as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def _pause(self, process: asyncio.subprocess.Process, seconds: float) -> None:
        """Wait, but no longer than the process runs."""
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), seconds)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """End the process; kill it and its children if it does not end in time. A second cancellation kills at once."""
        try:
            if process.returncode is None:
                process.terminate()
                await asyncio.wait_for(process.wait(), self._care.end_within_s)
        except TimeoutError:
            self._say(f"{self._name} does not end; killing it.")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    def _last_words(self) -> str:
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - TAIL_BYTES))
            return log.read().decode(errors="replace").strip()
