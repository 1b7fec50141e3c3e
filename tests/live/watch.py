"""Watches a process from inside: which files it opens, whom it connects to, how long its event loop works in one go."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

ROOT = Path(__file__).parents[2]
# Where Python, the packages and we are.
KNOWN = tuple(str(Path(path)) for path in {sys.prefix, sys.base_prefix, *sys.path[1:], str(ROOT)} if path)
STARTED = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"}
TURNED = "turned"

_watched: list[str] | None = None
_report = -1


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched is None and _report < 0:
        return
    if event == "open" and isinstance(arguments[0], str | bytes):
        _note(f"open {os.fsdecode(arguments[0])}")
    elif event == "socket.connect":
        _note(f"connect {arguments[1]}")
    elif event in STARTED:
        _note(f"{event} {arguments[0]}")


def _note(line: str) -> None:
    if _watched is not None:
        _watched.append(line)
    elif _report >= 0:
        os.write(_report, f"{line}\n".encode())


sys.addaudithook(_hook)


@contextmanager
def watching() -> Iterator[list[str]]:
    """Give a list of all that this process opens, connects to and starts inside a `with` block."""
    global _watched
    _watched = []
    try:
        yield _watched
    finally:
        _watched = None


def report_to(path: Path) -> None:
    """Write all of it to a file as soon as uvicorn serves here, and the CPU time of each turn of its event loop.

    uvicorn looks every 0.1 s whether it shall end. What the thread works between two such looks is at most that and the
    longest piece of work that let nobody else in, however busy the machine is.
    """
    on_tick = uvicorn.Server.on_tick
    last = -1.0

    async def timed(server: uvicorn.Server, counter: int) -> bool:
        global _report
        nonlocal last
        if _report < 0:
            _report = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        worked = time.thread_time()
        if last >= 0:
            _note(f"{TURNED} {worked - last:.4f}")
        last = worked
        return await on_tick(server, counter)

    uvicorn.Server.on_tick = timed  # type: ignore[method-assign]


def strange(lines: list[str], *homes: Path) -> set[str]:
    """Return what a server of pages has no reason to do: files outside `homes` and the packages, and all else."""
    places = tuple(f"open {place}" for place in (*KNOWN, *homes, "/dev/null"))
    return {line for line in lines if not line.startswith((TURNED, *places))}


def longest_turn_s(lines: list[str]) -> float:
    """Return the longest time, in CPU seconds, between two looks of the event loop."""
    return max(float(line.split()[1]) for line in lines if line.startswith(TURNED))
