"""What a token costs between an endpoint and the text, and how many a second come from a checkpoint.

    python -m benchmarks.backends client [--tokens 150] [--rate 50]
    python -m benchmarks.backends checkpoint [--tokens 128] [--vllm PATH]

`client`: CPU time per token, for the ways there are to read a stream. The fake endpoint runs in its own process and
sends every token by itself, `rate` a second to each stream, so that each costs a turn of the event loop as it does in a
battle. Counted is the CPU time of this process only, requests included, divided by the tokens read; the median of three
rounds counts. On a busy machine tokens arrive in lumps, which flatters every way.

`checkpoint`: tokens a second in all, from a tiny Llama in this process, by NumPy and, one reply at a time, by
transformers, and through a vLLM server on the CPU. No reply may end before its last token, and one reply warms up; the
median of three rounds counts.

Both take 1, 8 and 32 streams at the same time and print a Markdown table.
"""

import argparse
import asyncio
import json
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import openai

from arena.operations.watched_process import WatchedProcess
from generation.backends.limits import Limits, limited
from generation.backends.reach import Reach
from generation.backends.registry import open_backend
from generation.conversation import End, Message, Piece, Sampling
from training import tiny_llama

ROOT = Path(__file__).parents[1]
NUM_STREAMS = (1, 8, 32)
ROUNDS = 3
MESSAGES: list[Any] = [{"role": "user", "content": "How do alpacas greet each other?"}]

# Reads one stream to its end and returns the number of tokens in it.
Read = Callable[[], Awaitable[int]]


async def main() -> None:
    """Measure every way and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("client", "checkpoint"))
    parser.add_argument("--tokens", type=int, default=150, help="tokens a stream")
    parser.add_argument("--rate", type=float, default=50, help="client: tokens a second and stream")
    parser.add_argument("--vllm", help="checkpoint: vLLM's command")
    args = parser.parse_args()
    await (measure_client(args) if args.what == "client" else measure_checkpoint(args))


async def measure_client(args: argparse.Namespace) -> None:
    """Print the CPU time a token of every way to read a stream."""
    model = f"ok:tps={args.rate:g},n={args.tokens}"
    print("| way | " + " | ".join(f"{number} streams, ms CPU a token" for number in NUM_STREAMS) + " |")
    print("|---|" + "---|" * len(NUM_STREAMS))
    async with endpoint() as url:
        for name, way in WAYS.items():
            async with way(url, model) as read:
                costs = [await cost_a_token(read, number) for number in NUM_STREAMS]
            print(f"| {name} | " + " | ".join(f"{cost * 1000:.3f}" for cost in costs) + " |", flush=True)


async def measure_checkpoint(args: argparse.Namespace) -> None:
    """Print the tokens a second of every way to run a tiny Llama."""
    print("| way | " + " | ".join(f"{number} streams, tokens a second" for number in NUM_STREAMS) + " |")
    print("|---|" + "---|" * len(NUM_STREAMS), flush=True)
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "tiny"
        tiny_llama.write(folder, seed=1)
        await measure_speed("NumPy, in this process", "numpy", {"folder": str(folder)}, tokens=args.tokens)
        inside = {"folder": str(folder), "threads": 1, "waiting": max(NUM_STREAMS)}
        await measure_speed("transformers, in this process", "transformers", inside, tokens=args.tokens)
        if args.vllm:
            async with vllm_server(args.vllm, folder) as url:
                outside = {"url": url, "model": "tiny", "stream_usage": True}
                await measure_speed("vLLM, on the CPU, through its server", "openai", outside, tokens=args.tokens)


async def measure_speed(name: str, kind: str, options: dict[str, Any], *, tokens: int) -> None:
    """Print one row: how many tokens a second a backend gives to several streams together."""
    backend = open_backend(kind, options)
    # The tiny Llama ends its replies with token 1.
    sampling = Sampling(max_tokens=tokens, temperature=1.0, logit_bias={"1": -100})

    async def read() -> int:
        stream = backend.stream([Message("user", MESSAGES[0]["content"])], sampling)
        usages = [event.usage async for event in stream if isinstance(event, End)]
        return sum(usage.completion_tokens for usage in usages if usage)

    await read()
    speeds = [await speed_of(read, number) for number in NUM_STREAMS]
    print(f"| {name} | " + " | ".join(f"{speed:.0f}" for speed in speeds) + " |", flush=True)
    await backend.aclose()


async def speed_of(read: Read, number: int) -> float:
    """Return the tokens a second that `number` streams get together: the median of the rounds."""
    speeds = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        tokens = sum(await asyncio.gather(*(read() for _ in range(number))))
        speeds.append(tokens / (time.perf_counter() - begin))
    return statistics.median(speeds)


@asynccontextmanager
async def vllm_server(executable: str, folder: Path) -> AsyncIterator[str]:
    """Serve `folder` under the name `tiny` and give the server's URL once it is well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = ("--dtype", "float32", "--enforce-eager", "--max-model-len", "1024", "--served-model-name", "tiny")
    command = [executable, "serve", str(folder), "--host", "127.0.0.1", "--port", str(port), *flags]
    ready = asyncio.Event()

    async def note() -> None:
        ready.set()

    health, log = f"http://127.0.0.1:{port}/health", folder.parent / "vllm.log"
    running = asyncio.create_task(WatchedProcess("vLLM", command, health=health, log=log, say=print).run(note))
    waiting = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def cost_a_token(read: Read, number: int) -> float:
    """Return CPU seconds a token with `number` streams at the same time."""
    costs = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        tokens = sum(await asyncio.gather(*(read() for _ in range(number))))
        costs.append((time.process_time() - begin) / tokens)
    return statistics.median(costs)


@asynccontextmanager
async def endpoint() -> AsyncIterator[str]:
    """Start the fake endpoint and give its URL."""
    command = [sys.executable, "-m", "tests.endpoints.openai_server", "--port", "0"]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def openai_parsed(url: str, model: str) -> AsyncIterator[Read]:
    """The openai client as its documentation has it."""
    async with openai.AsyncOpenAI(base_url=url, api_key="none") as client:

        async def read() -> int:
            stream: Any = await client.chat.completions.create(model=model, messages=MESSAGES, stream=True)
            return len([text async for chunk in stream if (text := chunk.choices[0].delta.content)])

        yield read


@asynccontextmanager
async def openai_lines(url: str, model: str) -> AsyncIterator[Read]:
    """The openai client's raw lines over its default transport."""
    async with openai.AsyncOpenAI(base_url=url, api_key="none") as client:

        async def read() -> int:
            create = client.chat.completions.with_streaming_response.create
            async with create(model=model, messages=MESSAGES, stream=True) as response:
                return len([line async for line in response.iter_lines() if text_of(line)])

        yield read


@asynccontextmanager
async def bare_aiohttp(url: str, model: str) -> AsyncIterator[Read]:
    """The transport alone, with no care for faults."""
    async with aiohttp.ClientSession() as session:

        async def read() -> int:
            body = {"model": model, "messages": MESSAGES, "stream": True}
            async with session.post(f"{url}/chat/completions", json=body) as response:
                return len([line async for line in response.content if text_of(line.decode())])

        yield read


@asynccontextmanager
async def ours(url: str, model: str) -> AsyncIterator[Read]:
    """The `openai` backend within its limits, as battles use it."""
    backend = open_backend("openai", {"url": url, "model": model}, reach=Reach())

    async def read() -> int:
        stream = backend.stream([Message("user", MESSAGES[0]["content"])], Sampling())
        async with aclosing(limited(stream, Limits())) as events:
            return len([event async for event in events if isinstance(event, Piece)])

    yield read
    await backend.aclose()


def text_of(line: str) -> str | None:
    """Return the text in a line of the stream."""
    if not line.startswith("data: {"):
        return None
    text: str | None = json.loads(line[6:])["choices"][0]["delta"].get("content")
    return text


WAYS = {
    "openai client, parsed": openai_parsed,
    "openai client, raw lines": openai_lines,
    "ours: raw bytes over aiohttp, within limits": ours,
    "aiohttp alone": bare_aiohttp,
}

if __name__ == "__main__":
    asyncio.run(main())
