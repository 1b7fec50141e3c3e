"""The list of models that an OpenAI-compatible endpoint says it serves."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import aiohttp

from arena.contenders.endpoint import Endpoint
from generation.backends.bodies import read_body
from generation.backends.reach import Reach
from generation.backends.usage import count_of

MAX_BYTES = 1_000_000
# As vLLM, LM Studio, OpenRouter and Together, Groq, Mistral and SGLang call it.
CONTEXT_KEYS = (
    *("max_model_len", "loaded_context_length", "max_context_length", "context_length", "context_window"),
    *("max_context_size", "context_size"),
)
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
    listed = await _json_at(client, f"{address}/models", headers)
    entries = listed.get("data") if isinstance(listed, dict) else listed
    models = [
        ListedModel(name, _context_of(entry))
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and isinstance(name := entry.get("id"), str) and name.isprintable() and name
    ]
    if any(isinstance(entry, dict) and entry.get("owned_by") == "llamacpp" for entry in entries or ()):
        # llama.cpp's server tells the context that it was started with at an address of its own.
        props = await _json_at(client, f"{address.removesuffix('/v1')}/props", headers)
        settings = props.get("default_generation_settings") if isinstance(props, dict) else None
        size = count_of(settings.get("n_ctx")) if isinstance(settings, dict) else None
        models = [replace(model, context_size=size or model.context_size) for model in models]
    return tuple(models)


async def status_of_list(endpoint: Endpoint, environment: Mapping[str, str], *, reach: Reach) -> int | None:
    """Return the HTTP status with which the endpoint's first server answers a request for its list; None if none came.

    Raises:
        ContenderUnfit: there is no API key where it should be.
    """
    headers = endpoint.headers(environment)
    for address in endpoint.addresses[:1]:
        timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
        async with aiohttp.ClientSession(connector=reach.connector(address), timeout=timeout) as client:
            try:
                async with client.get(f"{address}/models", headers=headers, allow_redirects=False) as answer:
                    return answer.status
            except (aiohttp.ClientError, TimeoutError):
                return None
    return None


async def _json_at(client: aiohttp.ClientSession, address: str, headers: Mapping[str, str]) -> Any:
    """Return the JSON at an address; None where there is none."""
    try:
        async with client.get(address, headers=headers, allow_redirects=False) as answer:
            body = await read_body(answer.content.iter_any(), max_bytes=MAX_BYTES)
        return json.loads(body.content) if body.is_complete else None
    except (aiohttp.ClientError, TimeoutError, ValueError, RecursionError):
        return None


def _context_of(entry: Mapping[str, Any]) -> int | None:
    """Return the context that a list states, whatever it calls it."""
    meta = entry.get("meta")
    stated = [entry.get(name) for name in CONTEXT_KEYS] + [meta.get("n_ctx_train") if isinstance(meta, dict) else None]
    return next((size for value in stated if (size := count_of(value))), None)
