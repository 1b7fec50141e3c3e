"""What an OpenAI-compatible endpoint says that it serves: its list of models."""

import json
from dataclasses import dataclass

import aiohttp

from generation.backends.bodies import read_body
from generation.backends.reach import Reach

MAX_BYTES = 1_000_000
PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model by its name at the endpoint; `context_size` in tokens, where the endpoint tells it."""

    name: str
    context_size: int | None = None


async def models_of(url: str, *, reach: Reach, api_key: str | None = None) -> tuple[ListedModel, ...]:
    """Return what the endpoint at `url` lists; nothing where it gives no list or is out of `reach`."""
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
    async with aiohttp.ClientSession(connector=reach.connector(url), timeout=timeout) as client:
        return await listed_models(client, f"{url.rstrip('/')}/models", api_key=api_key)


async def listed_models(
    client: aiohttp.ClientSession, address: str, *, api_key: str | None = None
) -> tuple[ListedModel, ...]:
    """Read the list at `address`. Whatever does not answer like such an endpoint lists nothing."""
    headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
    try:
        async with client.get(address, headers=headers, allow_redirects=False) as answer:
            body = await read_body(answer.content.iter_any(), max_bytes=MAX_BYTES)
    except (aiohttp.ClientError, TimeoutError):
        return ()
    if not body.whole:
        return ()
    try:
        entries = [(entry["id"], entry.get("max_model_len")) for entry in json.loads(body.content)["data"]]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ()
    return tuple(
        ListedModel(name, size if isinstance(size, int) else None)
        for name, size in entries
        if isinstance(name, str) and name.isprintable() and name
    )
