"""Asks the `vllm` backend, in vLLM's own environment, and prints what came as JSON.

PYTHONPATH=. path/to/vllm/bin/python -m tests.live.vllm_in_process FOLDER
"""

import asyncio
import json
import sys
from typing import Any

from generation.backends.registry import open_backend
from generation.conversation import Backend, End, Message, Piece, Sampling
from generation.errors import BackendError

QUESTION = [Message("user", "How do alpacas greet each other?")]
SCHEMA = {"type": "object", "properties": {"kind": {"enum": ["huacaya", "suri"]}}, "required": ["kind"]}


async def heard(backend: Backend, sampling: Sampling) -> dict[str, Any]:
    events = [event async for event in backend.stream(QUESTION, sampling)]
    pieces, end = [event.text for event in events if isinstance(event, Piece)], events[-1]
    assert isinstance(end, End)
    assert end.usage
    return {"pieces": pieces, "finish_reason": end.finish_reason, "tokens": end.usage.completion_tokens}


async def failure(backend: Backend) -> str:
    try:
        await backend.complete([Message("user", "é" * 3000)], Sampling())
    except BackendError as error:
        return error.kind
    return ""


async def main(backend: Backend) -> None:
    greedy = Sampling(max_tokens=60, temperature=0)
    replies = await asyncio.gather(*(heard(backend, greedy) for _ in range(8)))
    words = "".join(replies[0]["pieces"])
    stopped = await heard(backend, Sampling(max_tokens=60, temperature=0, stop=(words[12:16],)))
    shaped = await backend.complete(QUESTION, Sampling(max_tokens=200, temperature=0), schema=SCHEMA)
    found = {"replies": replies, "stopped": stopped, "shaped": shaped.text, "too_long": await failure(backend)}
    sys.stdout.write(json.dumps(found) + "\n")
    await backend.aclose()


if __name__ == "__main__":  # vLLM starts further processes from this file
    engine = {"dtype": "float32", "enforce_eager": True, "max_model_len": 1024}
    # As a generation run does it: before there is an event loop.
    asyncio.run(main(open_backend("vllm", {"model": sys.argv[1], "engine": engine})))
