"""The open backends of contenders, each opened once and used by many battles."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from arena.contenders.endpoint import Endpoint
from arena.contenders.findings import learned_of, thinking_room
from arena.contenders.schema import ServedFolder
from arena.db.tables import Contender
from arena.errors import ContenderUnfit
from generation.backends.learned import Learned
from generation.backends.limits import Limits
from generation.backends.options import options_of
from generation.backends.reach import Reach
from generation.backends.registry import open_backend
from generation.conversation import Backend, Sampling
from generation.declared_tables import keys_of

PUBLIC = Reach()


@dataclass(frozen=True, slots=True)
class OpenContender:
    """A contender's open backend, with everything else that a request needs."""

    backend: Backend
    sampling: Sampling
    limits: Limits
    system_prompt: str


class OpenContenders:
    """Opens contenders on demand and keeps them open.

    Args:
        environment: the environment variables, which hold the API keys.
        reach: the networks in which endpoints may be.
    """

    def __init__(self, environment: Mapping[str, str], *, reach: Reach = PUBLIC) -> None:
        self.environment = environment
        self.reach = reach
        # By content: a changed contender, a new key or a new finding gets a new backend, while running battles keep the
        # former one.
        self._opened: dict[str, OpenContender] = {}

    def get(self, contender: Contender) -> OpenContender:
        """Return the open contender; opens it on the first call.

        Raises:
            ContenderUnfit: there is no API key where it should be.
            BadInput: its options cannot be used.
        """
        key, learned = Endpoint.of(contender).api_key(self.environment), learned_of(contender)
        content = _content(contender, key, learned)
        if content not in self._opened:
            self._opened[content] = self._open(contender, key, learned)
        return self._opened[content]

    def apart(self, contender: Contender, learned: Learned) -> OpenContender:
        """Return the open contender as if `learned` were all that is known of its endpoint; `part` ends its use.

        A contender that runs in this process is the one that battles use: its weights are in memory once.

        Raises:
            ContenderUnfit, BadInput: as `get`.
        """
        if contender.backend != "openai":
            return self.get(contender)
        return self._open(contender, Endpoint.of(contender).api_key(self.environment), learned)

    async def part(self, opened: OpenContender) -> None:
        """Close a contender that was opened `apart`."""
        if opened not in self._opened.values():
            await opened.backend.aclose()

    async def aclose(self) -> None:
        """Close all backends. Streams that are still open end."""
        while self._opened:
            _, opened = self._opened.popitem()
            await opened.backend.aclose()

    def _open(self, contender: Contender, key: str | None, learned: Learned | None) -> OpenContender:
        sampling = Sampling(**_with_tuples(contender.sampling))
        return OpenContender(
            backend=open_backend(
                contender.backend, _options(contender), api_key=key, reach=self.reach, learned=learned
            ),
            sampling=replace(sampling, max_tokens=sampling.max_tokens + thinking_room(contender, learned)),
            limits=_limits(Limits(**contender.limits), learned or Learned()),
            system_prompt=contender.system_prompt,
        )


def _limits(limits: Limits, learned: Learned) -> Limits:
    """Return the limits for what is known of the endpoint: silence is no fault where it hides what it does."""
    if learned.thinking == "hidden":
        longest = limits.total_s + limits.thinking_s
        limits = replace(limits, first_token_s=max(limits.first_token_s, limits.thinking_s), total_s=longest)
    if not learned.dialect.streams:
        longest = limits.total_s + (limits.thinking_s if learned.thinks else 0.0)
        limits = replace(limits, first_token_s=max(limits.first_token_s, longest), total_s=longest)
    return limits


def _options(contender: Contender) -> Mapping[str, Any]:
    """Return the options for the contender's backend."""
    options = dict(contender.options)
    if contender.prompt_format and "prompt_format" in keys_of(options_of(contender.backend)):
        options["prompt_format"] = contender.prompt_format
    if contender.backend != "openai" or "folder" not in options:
        return options
    if not Endpoint.of(contender).addresses:
        raise ContenderUnfit(f"`{contender.slug}` is not served yet.", hint=f"arena contenders serve {contender.slug}")
    return {name: value for name, value in options.items() if name not in keys_of(ServedFolder)}


def _content(contender: Contender, key: str | None, learned: Learned | None) -> str:
    parts = (
        contender.id,
        contender.backend,
        contender.options,
        contender.sampling,
        contender.limits,
        contender.system_prompt,
        contender.prompt_format,
        sha256(key.encode()).hexdigest() if key else None,
        learned.table() if learned else None,
    )
    return json.dumps(parts, sort_keys=True)


def _with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
