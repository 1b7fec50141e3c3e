"""A process that is kept running: told ready, started again, ended with all its children."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from arena.errors import ProcessFailed
from arena.operations.watched_process import Care, WatchedProcess

FAKE = Path(__file__).parents[2] / "endpoints" / "fake_vllm.py"
CARE = Care(ready_within_s=60, every_s=0.05, misses=3, first_rest_s=0.05, longest_rest_s=0.2, end_within_s=10)


class Rehearsal:
    """The fake vLLM under watch, on a port of its own. `ready` counts how often it became ready."""

    def __init__(self, folder: Path, port: int, care: Care = CARE) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.address = f"http://127.0.0.1:{port}"
        self.ready = 0
        self.said: list[str] = []
        command = [sys.executable, str(FAKE), "serve", str(folder), "--port", str(port)]
        self._process = WatchedProcess(
            "the fake", command, health=f"{self.address}/health", log=self.log, say=self.said.append, care=care
        )

    async def run(self) -> None:
        await self._process.run(self._on_ready)

    async def _on_ready(self) -> None:
        self.ready += 1

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        watching = asyncio.create_task(self.run())
        try:
            await until(lambda: self.ready or watching.done())
            yield
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    @property
    def children(self) -> list[int]:
        """The processes that the fake left behind, oldest first."""
        return [int(line) for line in (self.folder / "pids").read_text().split()]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def lives(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def answers(address: str) -> bool:
    with suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as client, client.get(f"{address}/health") as answer:
            return answer.status == 200
    return False


async def test_it_runs_until_it_is_stopped_and_leaves_nothing_behind(tmp_path: Path, unused_tcp_port: int):
    rehearsal = Rehearsal(tmp_path, unused_tcp_port)
    async with rehearsal.running():
        assert await answers(rehearsal.address)
    assert not await answers(rehearsal.address)
    (child,) = rehearsal.children
    await until(lambda: not lives(child))
    log = rehearsal.log.read_text()
    assert f"fake_vllm.py serve {tmp_path} --port {unused_tcp_port}" in log
    assert "the fake vLLM is ready" in log


async def test_one_that_dies_is_started_again_after_a_rest(tmp_path: Path, unused_tcp_port: int):
    rehearsal = Rehearsal(tmp_path, unused_tcp_port)
    async with rehearsal.running():
        os.killpg(os.getpgid(rehearsal.children[0]), signal.SIGKILL)
        await until(lambda: rehearsal.ready == 2)
        assert await answers(rehearsal.address)
    assert rehearsal.said == [f"the fake ended with -9; starting it again in 0.05 s ({rehearsal.log})."]


async def test_one_that_hangs_is_killed_and_started_again(tmp_path: Path, unused_tcp_port: int):
    rehearsal = Rehearsal(tmp_path, unused_tcp_port, Care(every_s=0.2, misses=2, first_rest_s=0.05, end_within_s=0.3))
    async with rehearsal.running():
        os.killpg(os.getpgid(rehearsal.children[0]), signal.SIGSTOP)
        await until(lambda: rehearsal.ready == 2)
    assert "the fake does not end; killing it." in rehearsal.said


async def test_the_rest_doubles_while_it_does_not_come_back(tmp_path: Path, unused_tcp_port: int):
    rehearsal = Rehearsal(tmp_path, unused_tcp_port)
    async with rehearsal.running():
        (tmp_path / "manners").write_text("crash")
        os.killpg(os.getpgid(rehearsal.children[0]), signal.SIGKILL)
        await until(lambda: len(rehearsal.said) == 4)
        (tmp_path / "manners").write_text("")
        await until(lambda: rehearsal.ready == 2)
    rests = [sentence.split(" in ")[1].split(" s ")[0] for sentence in rehearsal.said[:4]]
    assert rests == ["0.05", "0.1", "0.2", "0.2"]


async def test_one_that_never_becomes_ready_is_an_error_with_its_last_words(tmp_path: Path, unused_tcp_port: int):
    (tmp_path / "manners").write_text("crash")
    with pytest.raises(ProcessFailed, match=r"(?s)ended with 1 before it was ready.*no room on the device"):
        await Rehearsal(tmp_path, unused_tcp_port).run()


async def test_one_that_takes_too_long_to_start_is_given_up(tmp_path: Path, unused_tcp_port: int):
    (tmp_path / "manners").write_text("slow=60")
    with pytest.raises(ProcessFailed, match="before it was ready"):
        await Rehearsal(tmp_path, unused_tcp_port, Care(ready_within_s=0.5, end_within_s=5)).run()


async def test_one_that_ignores_the_request_to_end_is_killed(tmp_path: Path, unused_tcp_port: int):
    (tmp_path / "manners").write_text("deaf")
    rehearsal = Rehearsal(tmp_path, unused_tcp_port, Care(every_s=0.05, end_within_s=0.2))
    async with rehearsal.running():
        pass
    assert rehearsal.said == ["the fake does not end; killing it."]
    assert not await answers(rehearsal.address)


async def test_a_command_that_is_not_there_is_a_sentence(tmp_path: Path):
    process = WatchedProcess(
        "vLLM", [str(tmp_path / "vllm")], health="http://127.0.0.1:9", log=tmp_path / "log", say=lambda _: None
    )
    with pytest.raises(ProcessFailed, match="cannot be started: No such file"):
        await process.run(asyncio.sleep)  # type: ignore[arg-type]
