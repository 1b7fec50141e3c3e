"""Nothing paid for is lost or paid for again, whenever a run is killed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from generation.asking.journal import events
from generation.runs.run_folder import RunFolder
from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.conftest import MakeRecipe, run_here

KILLS = 50
# Earlier output is fed back, so that a lost or repeated answer would change every later prompt.
FEEDS_BACK = {"examples": 3, "machine_examples": 2, "tasks": 6, "window": 6}


class Killable:
    """The helper that forks sessions."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.generation.killable"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, folder: Path) -> int:
        """Begin a session in `folder`; return its process."""
        assert self._process.stdin
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.flush()
        return self._number()

    def wait(self) -> int:
        """Return the exit code of the session, or -9."""
        return self._number()

    def _number(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture
def killable() -> Iterator[Killable]:
    helper = Killable()
    yield helper
    helper.close()


def kill_at_random(process: int, endpoint: FakeEndpoint, chance: random.Random) -> None:
    """Kill after some more requests came in, and a moment; or at any moment since the start."""
    more, seen, deadline = chance.randint(0, 5), len(endpoint.calls), time.monotonic() + 5
    while len(endpoint.calls) < seen + more and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(chance.uniform(0, 0.012))
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def test_a_run_killed_fifty_times_ends_as_if_it_had_not_been(
    tmp_path: Path, recipe_for: MakeRecipe, fake_endpoint: FakeEndpoint, killable: Killable
):
    recipe = recipe_for(model="teacher:late=0.01,faults=0.03", prompt=FEEDS_BACK, stop={"target": 200})
    whole = RunFolder.create(tmp_path / "whole", recipe)
    run_here(whole)
    fake_endpoint.calls.clear()

    folder = RunFolder.create(tmp_path / "killed", recipe)
    chance = random.Random(5)
    kills = 0
    for _ in range(KILLS):
        kill_at_random(killable.start(folder.path), fake_endpoint, chance)
        kills += killable.wait() == -signal.SIGKILL
    killable.start(folder.path)
    assert killable.wait() == 0

    assert kills == KILLS, "the run ended before it was killed often enough"
    for name in ("examples.jsonl", "rejected.jsonl", "alpaca.json"):
        assert (folder.path / name).read_bytes() == (whole.path / name).read_bytes()
    happened = [(event["event"], event.get("request")) for event in events(folder.journal)]
    answered: set[str | None] = set()
    for event, request in happened:
        assert not (request in answered and event in ("asked", "answered")), "paid for twice"
        if event == "answered":
            answered.add(request)
    assert len(fake_endpoint.calls) <= Counter(event for event, _ in happened)["asked"]
