"""Runs sessions in processes that may be killed: one for each folder named on a line of standard input.

Imports once and forks, so that a process begins to work a few milliseconds after it was asked for. Says the process's
number when it begins and its exit code, or -9, when it ends.
"""

import asyncio
import io
import os
import sys
from contextlib import suppress
from pathlib import Path

from generation.backends.registry import open_backend
from generation.conversation import Message, Sampling
from generation.errors import Unreachable
from generation.runs.progress import ProgressView
from generation.runs.run_folder import RunFolder
from generation.runs.session import run_session


async def import_all() -> None:
    """Ask an endpoint that is not there, so that what asking imports is imported before the first fork."""
    backend = open_backend("openai", {"url": "http://127.0.0.1:9/v1", "model": "none"})
    with suppress(Unreachable):
        await backend.complete([Message("user", "Hello")], Sampling())
    await backend.aclose()


def main() -> None:
    asyncio.run(import_all())
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            stopped = run_session(RunFolder.open(Path(line.strip())), {}, ProgressView(io.StringIO()))
            os._exit(stopped.reason.exit_code)
        _say(child)
        _say(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
