"""CPU time per token between an endpoint and the text, for the ways there are to read a stream.

    nice -n 10 python benchmarks/backends.py [--tokens 150] [--rate 50]

The fake endpoint runs in a process of its own and sends every token by itself, `rate` a second to each stream, so that
each costs a turn of the event loop as it does in a battle. Counted is the CPU time of this process only, requests
included, divided by the tokens read. Every way is tried with 1, 8 and 32 streams at the same time; the median of three
rounds counts. Prints a Markdown table. On a busy machine tokens arrive in lumps, which flatters every way.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import openai

from generation.backends import Message, Piece, Sampling, open_backend
from generation.backends.limits import Limits, limited

ROOT = Path(__file__).parents[1]
NUM_STREAMS = (1, 8, 32)
ROUNDS = 3
MESSAGES: list[Any] = [{"role": "user", "content": "How do alpacas greet each other?"}]

# Reads one stream to its end and returns the number of tokens in it.
Read = Callable[[], Awaitable[int]]


async def main() -> None:
    """Measure every way and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=150, help="tokens a stream")
    parser.add_argument("--rate", type=float, default=50, help="tokens a second and stream")
    args = parser.parse_args()
    model = f"ok:tps={args.rate:g},n={args.tokens}"
    print("| way | " + " | ".join(f"{number} streams, ms CPU a token" for number in NUM_STREAMS) + " |")
    print("|---|" + "---|" * len(NUM_STREAMS))
    async with endpoint() as url:
        for name, way in WAYS.items():
            async with way(url, model) as read:
                costs = [await cost_a_token(read, number) for number in NUM_STREAMS]
            print(f"| {name} | " + " | ".join(f"{cost * 1000:.3f}" for cost in costs) + " |", flush=True)


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
    backend = open_backend("openai", {"url": url, "model": model})

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
