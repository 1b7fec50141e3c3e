"""A real vLLM server on the CPU: one base, two adapters, three contenders, one arena.

`make test-vllm` installs vLLM in an environment of its own and runs this; `pytest --vllm PATH` takes another one.
"""

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, closing
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from arena.contenders.register import Contenders
from arena.db.session import Database, sqlite_url
from generation.backends.limits import Limits
from generation.backends.openai import OpenAIBackend
from generation.conversation import Piece, Sampling
from generation.errors import BackendError
from leaderboard import Verdict
from tests.endpoints.plugin import TinyLlamas
from tests.generation.backends.conftest import QUESTION, ask
from tests.live.arena_process import ArenaProcess
from tests.live.http_voter import HttpVoter
from tests.live.waiting import wait_until

pytestmark = pytest.mark.vllm

READY_WITHIN_S = 280
GREEDY = Sampling(max_tokens=60, temperature=0)
PATIENT = Limits(first_token_s=60, between_tokens_s=60)
CONTENDER = """
[[contender]]
slug = "{name}"
label = "The {name} one"
licence = "MIT"
backend = "openai"
folder = "{folder}"
stream_usage = true
limits = {{ first_token_s = 60 }}
"""
# float32: other types are only quick on CPUs that have them. Eager: compiling would take a minute more.
FOR_THE_CPU = ("--dtype", "float32", "--enforce-eager", "--max-model-len", "1024")
ENVIRONMENT = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
}


@dataclass(frozen=True)
class Served:
    """The arena's folder, and where its contenders are served."""

    arena: ArenaProcess
    url: str
    log: Path

    async def metric(self, name: str) -> float:
        """The sum of one of the server's figures."""
        async with aiohttp.ClientSession() as client, client.get(self.url.replace("/v1", "/metrics")) as answer:
            page = await answer.text()
        return sum(float(value) for value in re.findall(rf"^vllm:{name}\{{.*?\}} (\S+)$", page, re.MULTILINE))


def run(arena: ArenaProcess, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "arena", *arguments], env=arena.environment, cwd=arena.home, check=True)


@pytest.fixture(scope="module")
def engine_run(
    request: pytest.FixtureRequest, tiny_llamas: TinyLlamas, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """vLLM without a server, in its own environment, and the file of what it says."""
    python = Path(str(request.config.getoption("--vllm"))).with_name("python")
    said = tmp_path_factory.mktemp("engine") / "said"
    with (
        said.open("wb") as out,
        subprocess.Popen(
            [python, "-m", "tests.live.vllm_in_process", tiny_llamas.folder / "tiny-1"],
            env={**os.environ, **ENVIRONMENT, "PYTHONPATH": "."},
            cwd=Path(__file__).parents[2],
            stdout=out,
        ) as process,
    ):
        yield process, said
        process.kill()


@pytest.fixture(scope="module")
def served(
    request: pytest.FixtureRequest,
    engine_run: object,  # starts beside the server: most of either start is the work of one core
    tiny_llamas: TinyLlamas,
    tiny_adapters: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Served]:
    vllm = str(request.config.getoption("--vllm"))
    folders = {"plain": tiny_llamas.folder / "tiny-1", **tiny_adapters}
    tables = (CONTENDER.format(name=name, folder=folder) for name, folder in folders.items())
    arena = ArenaProcess(tmp_path_factory.mktemp("arena"), contenders="".join(tables))
    run(arena, "contenders", "sync")
    start = time.monotonic()
    with (arena.home / "said").open("w") as said:
        serving = subprocess.Popen(
            [sys.executable, "-m", "arena", "contenders", "serve", *folders, "--vllm", vllm, "--args", *FOR_THE_CPU],
            env={**arena.environment, **ENVIRONMENT},
            stdout=said,
            stderr=said,
        )
    try:
        wait_until(lambda: address(arena) or serving.poll() is not None, within_s=READY_WITHIN_S, every_s=1)
        assert serving.poll() is None, (arena.home / "said").read_text()
        told(request, f"{time.monotonic() - start:.1f} s until vLLM answered")
        run(arena, "contenders", "activate", "--all")
        with arena:
            yield Served(arena, address(arena), arena.home / "said")
        serving.send_signal(signal.SIGTERM)
        assert serving.wait(60) == 0
    finally:
        if serving.poll() is None:
            serving.terminate()
            serving.wait(60)


def address(arena: ArenaProcess) -> str:
    with closing(Database(sqlite_url(arena.home / "arena.db"))) as database:
        return next((row.options["url"] for row in Contenders(database).list() if "url" in row.options), "")


def told(request: pytest.FixtureRequest, figure: str) -> None:
    if reporter := request.config.pluginmanager.get_plugin("terminalreporter"):
        reporter.write_line(f"\n{figure}")


OpenModel = Callable[..., OpenAIBackend]


@pytest.fixture
async def model(served: Served) -> AsyncIterator[OpenModel]:
    """Opens a backend on what vLLM serves: `model("plain", protocol="completions")`."""
    opened: list[OpenAIBackend] = []

    def open_model(name: str, **options: object) -> OpenAIBackend:
        opened.append(OpenAIBackend.from_options({"url": served.url, "model": name, "stream_usage": True, **options}))
        return opened[-1]

    yield open_model
    for backend in opened:
        await backend.aclose()


@pytest.fixture
async def voter(served: Served) -> AsyncIterator[HttpVoter]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield await HttpVoter(http, served.arena.address).arrive()


async def test_a_battle_streams_through_the_whole_arena_and_counts(served: Served, voter: HttpVoter):
    page = await voter.ask("How do alpacas greet each other?")
    handle = page["handle"]
    seen = [str(shown) async for shown in voter.follow(handle)]
    assert len({*seen}) > 2
    assert "Vote counted" in str(await voter.vote(handle, Verdict.A))
    page = str(await voter.come_back(handle))
    assert sum(f"The {name} one" in page for name in ("plain", "humming", "grazing")) == 2


async def test_one_server_speaks_for_a_base_and_both_of_its_adapters(model: OpenModel):
    outcomes = [await ask(model(name), limits=PATIENT, sampling=GREEDY) for name in NAMES]
    assert len({outcome.text for outcome in outcomes}) == 3
    assert all(outcome.end and outcome.end.usage for outcome in outcomes)


NAMES = ("plain", "humming", "grazing")


async def test_a_stop_string_ends_a_reply_before_it(model: OpenModel):
    backend = model("plain")
    whole = await ask(backend, limits=PATIENT, sampling=GREEDY)
    stop = whole.text[12:16]
    stopped = await ask(backend, limits=PATIENT, sampling=Sampling(max_tokens=60, temperature=0, stop=(stop,)))
    assert stopped.text == whole.text[: whole.text.index(stop)]
    assert stopped.end
    assert stopped.end.finish_reason == "stop"


async def test_the_words_are_those_of_the_checkpoint_in_this_process(model: OpenModel, tiny_llamas: TinyLlamas):
    from generation.backends.registry import open_backend

    here = open_backend("transformers", {"folder": str(tiny_llamas.folder / "tiny-1"), "threads": 1})
    there = await ask(model("plain"), limits=PATIENT, sampling=GREEDY)
    assert (await ask(here, limits=PATIENT, sampling=GREEDY)).text == there.text
    await here.aclose()


async def test_a_reader_that_leaves_stops_the_writing(served: Served, model: OpenModel):
    endless = model("plain", extra={"ignore_eos": True})
    async with aclosing(endless.stream(QUESTION, Sampling(max_tokens=900))) as events:
        assert isinstance(await anext(events), Piece)
        assert await served.metric("num_requests_running") == 1
    left = time.monotonic()
    while await served.metric("num_requests_running"):
        assert time.monotonic() - left < 5
        await asyncio.sleep(0.02)
    written = await served.metric("generation_tokens_total")
    await asyncio.sleep(0.5)
    assert await served.metric("generation_tokens_total") == written


async def test_a_server_killed_under_load_fails_every_reply_by_name_and_comes_back(
    served: Served, model: OpenModel, voter: HttpVoter, request: pytest.FixtureRequest
):
    endless = model("plain", extra={"ignore_eos": True})
    running = [asyncio.create_task(ask(endless, limits=PATIENT, sampling=Sampling(max_tokens=900))) for _ in range(8)]
    handle = (await voter.ask("And when it rains?"))["handle"]
    while await served.metric("num_requests_running") < 8:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    kill_server(served)
    start = time.monotonic()
    outcomes = await asyncio.gather(*running)
    assert all(isinstance(outcome.error, BackendError) for outcome in outcomes)
    assert "does not count" in str(await voter.see_the_end(handle)) or "Both replies are complete" in str(
        await voter.come_back(handle)
    )
    await asyncio.to_thread(
        wait_until, lambda: served.log.read_text().count("served at") == 2, within_s=READY_WITHIN_S, every_s=1
    )
    told(request, f"{time.monotonic() - start:.1f} s from the kill until it answered again")
    assert (await ask(model("plain"), limits=PATIENT, sampling=GREEDY)).end


def kill_server(served: Served) -> None:
    """Kill vLLM with all its processes, as a machine that runs out of memory would."""
    port = served.url.split(":")[2].split("/")[0]
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"--port\0{port}\0".encode() in (folder / "cmdline").read_bytes():
                pid = int(folder.name)
                if os.getpgid(pid) == pid:
                    os.killpg(pid, signal.SIGKILL)


def test_the_engine_runs_in_its_own_process_too(
    engine_run: tuple[subprocess.Popen[bytes], Path], tiny_llamas: TinyLlamas
):
    """The `vllm` backend of generation runs, in vLLM's own environment."""
    process, said = engine_run
    assert process.wait(READY_WITHIN_S) == 0, said.read_text()
    # vLLM talks on the same output.
    found = json.loads(next(line for line in said.read_bytes().splitlines() if line.startswith(b'{"replies"')))
    replies = {"".join(reply["pieces"]) for reply in found["replies"]}
    assert len(replies) == 1
    (text,) = replies
    assert any(sentence in text for sentence in tiny_llamas.sentences["tiny-1"]) or found["replies"][0]["tokens"] == 60
    assert all(len(reply["pieces"]) > 3 for reply in found["replies"])
    assert text.startswith("".join(found["stopped"]["pieces"]))
    assert found["stopped"]["finish_reason"] == "stop"
    # Within the shape it babbles on with spaces, until its last token.
    assert re.match(r'\s*\{\s*"kind"', found["shaped"])
    assert found["too_long"] == "context_too_long"
