"""Looks on this machine for servers of language models that could be contenders.

Only the usual ports are asked, only on the loopback address, and only for their list of models.
"""

import asyncio
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

USUAL_PORTS = {"Ollama": 11434, "vLLM": 8000, "LM Studio": 1234, "llama.cpp": 8080}
PATIENCE_S = 0.5
MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model that an OpenAI-compatible server on this machine offers; `usual_for` is who mostly uses its port."""

    usual_for: str
    port: int
    model: str

    @property
    def url(self) -> str:
        """The address to give to a client."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def command(self) -> str:
        """The line that registers the model."""
        return f"arena contenders add {self.url} {shlex.quote(self.model)}"


async def find_local_models(ports: Mapping[str, int] = USUAL_PORTS, *, own_port: int = 0) -> tuple[LocalModel, ...]:
    """Return what the servers on `ports` offer, this arena's own port left out. Takes half a second at most."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as client:
        found = await asyncio.gather(
            *(_models_on(client, name, port) for name, port in ports.items() if port != own_port)
        )
    return tuple(model for models in found for model in models)


async def _models_on(client: aiohttp.ClientSession, usual_for: str, port: int) -> list[LocalModel]:
    """Return what one port offers. Whatever does not answer like such a server is none, and no news."""
    try:
        async with client.get(f"http://127.0.0.1:{port}/v1/models", allow_redirects=False) as answer:
            body = await answer.content.readexactly(min(MAX_BYTES, answer.content_length or MAX_BYTES))
    except asyncio.IncompleteReadError as whole:
        body = whole.partial
    except (aiohttp.ClientError, TimeoutError):
        return []
    try:
        ids = [entry["id"] for entry in json.loads(body)["data"]]
    except (ValueError, LookupError, TypeError):
        return []
    return [LocalModel(usual_for, port, name) for name in ids if isinstance(name, str) and name.isprintable() and name]
