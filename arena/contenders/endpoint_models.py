"""The list of models that an OpenAI-compatible endpoint says it serves."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import aiohttp

from arena.contenders.endpoint import Endpoint
from generation.backends.bodies import read_body
from generation.backends.reach import Reach

MAX_BYTES = 1_000_000
PATIENCE_S = 5.0
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model by its name at the endpoint. `context_size` is in tokens, or None if the endpoint does not state it."""

    name: str
    context_size: int | None = None


async def models_of(
    endpoint: Endpoint, environment: Mapping[str, str], *, reach: Reach
) -> dict[str, Sequence[ListedModel]]:
    """Return the models that each server of an endpoint lists, by address: none if it has no list or is out of `reach`.

    Raises:
        ContenderUnfit: `environment` lacks the variable that should hold the API key.
    """
    headers = endpoint.headers(environment)

    async def ask(address: str) -> Sequence[ListedModel]:
        timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
        async with aiohttp.ClientSession(connector=reach.connector(address), timeout=timeout) as client:
            return await listed_models(client, address, headers=headers)

    lists = await asyncio.gather(*map(ask, endpoint.addresses))
    return dict(zip(endpoint.addresses, lists, strict=True))


async def listed_models(
    client: aiohttp.ClientSession, address: str, *, headers: Mapping[str, str] = NO_HEADERS
) -> Sequence[ListedModel]:
    """Return the models that the server at `address` lists; none if its answer is no such list."""
    try:
        async with client.get(f"{address}/models", headers=headers, allow_redirects=False) as answer:
            body = await read_body(answer.content.iter_any(), max_bytes=MAX_BYTES)
    except (aiohttp.ClientError, TimeoutError):
        return ()
    if not body.is_complete:
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
