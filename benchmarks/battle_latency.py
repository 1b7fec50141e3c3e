"""How late text reaches voters, and how many battles one process carries before they notice.

    python -m benchmarks.battle_latency [--steps 1 20 50 60 80 100 120] [--rounds 15]

A fake endpoint (a process of its own, 20 tokens a second a side; each token is its time of sending) behind a real
`arena serve` on SQLite; voters speak the page's protocol over plain HTTP. Prints two tables: when the first token of
each side is shown, against the endpoint's own time and against `turn_by_turn.py`; and the lag of all tokens with the
server's CPU time, for more and more battles at any moment until the 99th percentile is above half a second. Endpoint
and voters share the machine with the server. Takes about four minutes.
"""

import argparse
import asyncio
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import numpy as np

from tests.live.arena_process import ArenaProcess
from tests.live.http_voter import HttpVoter

ROOT = Path(__file__).parents[1]
EARLY_S, LATE_S = 0.3, 1.5  # the endpoint's own first tokens
TOKENS, TOKENS_PER_S = 200, 20  # a reply of ten seconds
BATTLES_A_VOTER = 2
NOTICED_S = 0.5
PROMPT = "How are you?"
STAMP = re.compile(r"\d{10}\.\d{6}")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
CONTENDER = """
[[contender]]
slug = "contender-{number}"
label = "Contender {number}"
backend = "openai"
url = "{url}"
model = "{model}"
"""

# All voters come from one address here.
LIMITS = {"ARENA_MAX_RUNNING": "1000", "ARENA_MAX_RUNNING_PER_NETWORK": "750", "ARENA_HOT_NETWORK": "1000000"}


@dataclass
class Watched:
    """One battle as its voter saw it; all times are seconds since the epoch.

    Attributes:
        asked: when the prompt was sent.
        shown: when each token was first on the page, by its time of sending.
        first_shown: when each side's first token was.
        num_updates: messages that changed the page.
    """

    asked: float = field(default_factory=time.time)
    shown: dict[str, float] = field(default_factory=dict)
    first_shown: dict[str, float] = field(default_factory=dict)
    num_updates: int = 0

    def take(self, texts: Iterable[tuple[str, str]]) -> None:
        """Note the new text of sides."""
        now = time.time()
        self.num_updates += 1
        for side, text in texts:
            for stamp in STAMP.findall(text):
                self.first_shown.setdefault(side, now)
                self.shown.setdefault(stamp, now)

    @property
    def lags_s(self) -> list[float]:
        """Seconds from the sending of each token to its being shown."""
        return [shown - float(sent) for sent, shown in self.shown.items()]


async def our_battle(voter: HttpVoter) -> Watched:
    """Ask this arena."""
    battle = Watched()
    handle = (await voter.ask(PROMPT))["handle"]
    async with aclosing(voter.changes(handle)) as all_changes:
        async for changes in all_changes:
            battle.take((side, str(changes[side])) for side in "ab" if side in changes)
    return battle


class QueueVoter(HttpVoter):
    """A visitor of `turn_by_turn.py`: its page sends its event to Gradio's queue and hears from there."""

    async def answers(self) -> AsyncIterator[list[Any]]:
        """Ask, and yield both chat windows each time something was added to them."""
        session = secrets.token_hex(6)
        call = {"data": [PROMPT], "fn_index": self._events["answer"]["id"], "session_hash": session}
        async with self._http.post(f"{self._address}/gradio_api/queue/join", json=call) as joined:
            joined.raise_for_status()
            await joined.read()
        async with self._http.get(f"{self._address}/gradio_api/queue/data?session_hash={session}") as answer:
            answer.raise_for_status()
            async for line in answer.content:
                message = json.loads(line[6:]) if line.startswith(b"data: ") else {"msg": ""}
                if message["msg"] == "process_generating":
                    yield message["output"]["data"]
                elif message["msg"] == "process_completed":
                    return


AnyVoter = TypeVar("AnyVoter", bound=HttpVoter)


async def their_battle(voter: QueueVoter) -> Watched:
    """Ask `turn_by_turn.py`."""
    battle = Watched()
    async with aclosing(voter.answers()) as answers:
        async for windows in answers:
            battle.take(zip("ab", map(str, windows), strict=True))
    return battle


async def straight_to_the_endpoint(http: aiohttp.ClientSession, url: str, model: str) -> float:
    """Return the seconds until the endpoint's first token, without anything between."""
    body = {"model": model, "messages": [{"role": "user", "content": PROMPT}], "stream": True}
    asked = time.time()
    async with http.post(f"{url}/chat/completions", json=body) as answer:
        async for line in answer.content:
            if STAMP.search(line.decode()):
                return time.time() - asked
    raise AssertionError("the endpoint said nothing")


@asynccontextmanager
async def voters(address: str, count: int, kind: type[AnyVoter]) -> AsyncIterator[list[AnyVoter]]:
    """Voters who have the page open, each with a cookie of its own."""
    async with AsyncExitStack() as ending:
        connector = await ending.enter_async_context(aiohttp.TCPConnector(limit=0))
        arrived = []
        for _ in range(count):
            cookies = aiohttp.CookieJar(unsafe=True)
            http = aiohttp.ClientSession(connector=connector, connector_owner=False, cookie_jar=cookies)
            arrived.append(await kind(await ending.enter_async_context(http), address).arrive())
        yield arrived


@contextmanager
def process(*command: str, port: int) -> Iterator[str]:
    """Run a server until it is not needed any more; give its address."""
    with subprocess.Popen([sys.executable, *command], cwd=ROOT) as server:
        try:
            while server.poll() is None:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@contextmanager
def arena(url: str, *models: str) -> Iterator[ArenaProcess]:
    """Run an arena whose two contenders are `models` of the endpoint."""
    contenders = [CONTENDER.format(number=number, url=url, model=model) for number, model in enumerate(models)]
    with (
        tempfile.TemporaryDirectory() as home,
        ArenaProcess(Path(home), contenders="".join(contenders), **LIMITS) as arena,
    ):
        yield arena


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


# One battle: the first tokens


async def first_tokens(url: str, rounds: int) -> None:
    """Print when the first tokens of single battles are shown, both ways."""
    models = [f"ok:tps=20,stamp=1,n=20,ttft={ttft},side={side}" for side, ttft in (("x", EARLY_S), ("y", LATE_S))]
    async with aiohttp.ClientSession() as http:
        own = [np.median([await straight_to_the_endpoint(http, url, model) for _ in range(3)]) for model in models]
    print(
        f"| one battle at a time, {rounds} rounds | early side shown | late side shown "
        "| added to the early side, median / p95 | to the late side |"
    )
    print("|---|---|---|---|---|")
    print(f"| the endpoint itself | {own[0]:.2f} s | {own[1]:.2f} s | | |")
    with arena(url, *models) as ours:
        async with voters(ours.address, 1, HttpVoter) as (voter,):
            await our_battle(voter)
            _print_first_tokens("this arena", [await our_battle(voter) for _ in range(rounds)], own)
    port = free_port()
    with process(
        "benchmarks/turn_by_turn.py", "--url", url, "--port", str(port), "--models", *models, port=port
    ) as address:
        async with voters(address, 1, QueueVoter) as (voter,):
            await their_battle(voter)
            _print_first_tokens("turn by turn", [await their_battle(voter) for _ in range(rounds)], own)


def _print_first_tokens(name: str, battles: Sequence[Watched], own: Sequence[float]) -> None:
    waits = np.array([sorted(at - battle.asked for at in battle.first_shown.values()) for battle in battles])
    added = [f"{np.median(side):.0f} / {np.quantile(side, 0.95):.0f} ms" for side in (1000 * (waits - own)).T]
    early, late = np.median(waits, axis=0)
    print(f"| {name} | {early:.2f} s | {late:.2f} s | {added[0]} | {added[1]} |", flush=True)


# Many battles: the lag


async def lags(url: str, steps: Sequence[int]) -> None:
    """Print what more and more battles at the same time cost, until voters notice."""
    models = [f"ok:tps={TOKENS_PER_S},stamp=1,n={TOKENS},ttft={EARLY_S},side={side}" for side in "xy"]
    print(
        "\n| battles | first token added, median / p95 | lag of tokens p50 / p95 / p99 | CPU a token | CPU an update |"
        " updates a second and battle | server's share of a core | load |"
    )
    print("|---|---|---|---|---|---|---|---|")
    with arena(url, *models) as server:
        async with voters(server.address, 1, HttpVoter) as (voter,):
            await our_battle(voter)  # the first one opens connections and caches
        for count in steps:
            if await _one_step(server, count) > NOTICED_S:
                break


async def _one_step(server: ArenaProcess, count: int) -> float:
    """Keep `count` battles running for two replies' time and return the lag of their tokens, 99th percentile."""

    async def come_and_stay(voter: HttpVoter, number: int) -> list[Watched]:
        # Voters come and go all the time: they do not all press Enter in the same moment.
        await asyncio.sleep(number / count * TOKENS / TOKENS_PER_S)
        return [await our_battle(voter) for _ in range(BATTLES_A_VOTER)]

    async with voters(server.address, count, HttpVoter) as arrived:
        cpu_s, started = cpu_seconds(server.pid), time.time()
        visits = await asyncio.gather(*(come_and_stay(voter, number) for number, voter in enumerate(arrived)))
        cpu_s, wall_s = cpu_seconds(server.pid) - cpu_s, time.time() - started
    battles = [battle for visit in visits for battle in visit]
    added = [at - battle.asked - EARLY_S for battle in battles for at in battle.first_shown.values()]
    lags_s = [lag for battle in battles for lag in battle.lags_s]
    num_updates = sum(battle.num_updates for battle in battles)
    updates_per_s = num_updates / len(battles) * TOKENS_PER_S / TOKENS
    assert len(lags_s) > 0.99 * len(battles) * 2 * TOKENS, "tokens are missing"
    first, lag = (np.quantile(values, [0.5, 0.95, 0.99]) * 1000 for values in (added, lags_s))
    print(
        f"| {count} | {first[0]:.0f} / {first[1]:.0f} ms | {lag[0]:.0f} / {lag[1]:.0f} / {lag[2]:.0f} ms "
        f"| {1000 * cpu_s / len(lags_s):.2f} ms | {1000 * cpu_s / num_updates:.2f} ms "
        f"| {updates_per_s:.1f} | {cpu_s / wall_s:.0%} | {os.getloadavg()[0]:.1f} |",
        flush=True,
    )
    return float(lag[2]) / 1000


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--steps", type=int, nargs="*", default=[1, 20, 50, 60, 80, 100, 120])
    parser.add_argument("--rounds", type=int, default=15)
    args = parser.parse_args()
    port = free_port()
    with process("-m", "tests.endpoints.openai_server", "--port", str(port), port=port) as address:
        asyncio.run(first_tokens(f"{address}/v1", args.rounds))
        asyncio.run(lags(f"{address}/v1", args.steps))


if __name__ == "__main__":
    main()
