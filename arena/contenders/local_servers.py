"""Looks on this machine for servers of language models that could be contenders.

Only the usual ports are asked, only on the loopback address, and only for their list of models.
"""

import asyncio
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from arena.contenders.endpoint_models import listed_models

USUAL_PORTS = {"Ollama": 11434, "vLLM": 8000, "LM Studio": 1234, "llama.cpp": 8080}
PATIENCE_S = 0.5


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model on an OpenAI-compatible server of this machine. `usual_for` names the usual programs on its port."""

    usual_for: str
    port: int
    model: str

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def command(self) -> str:
        """The shell command that registers the model."""
        return f"arena contenders add {self.url} {shlex.quote(self.model)}"


async def find_local_models(ports: Mapping[str, int] = USUAL_PORTS, *, own_port: int = 0) -> tuple[LocalModel, ...]:
    """Return the models that servers on `ports` offer, this arena's own port left out. Takes half a second at most."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE_S)) as client:
        found = await asyncio.gather(
            *(_models_on(client, name, port) for name, port in ports.items() if port != own_port)
        )
    return tuple(model for models in found for model in models)


async def _models_on(client: aiohttp.ClientSession, usual_for: str, port: int) -> list[LocalModel]:
    listed = await listed_models(client, f"http://127.0.0.1:{port}/v1")
    return [LocalModel(usual_for, port, model.name) for model in listed]
