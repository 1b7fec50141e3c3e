"""The open backends of contenders, each opened once and used by many battles."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arena.contenders.endpoint import Endpoint
from arena.contenders.schema import ServedFolder
from arena.db.tables import Contender
from arena.errors import ContenderUnfit
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
        # By content: a changed contender gets a new backend, while running battles keep the former one.
        self._opened: dict[str, OpenContender] = {}

    def get(self, contender: Contender) -> OpenContender:
        """Return the open contender; opens it on the first call.

        Raises:
            ContenderUnfit: the variable that should hold its API key is not set.
            BadInput: its options cannot be used.
        """
        content = _content(contender)
        if content not in self._opened:
            self._opened[content] = self._open(contender)
        return self._opened[content]

    async def aclose(self) -> None:
        """Close all backends. Streams that are still open end."""
        while self._opened:
            _, opened = self._opened.popitem()
            await opened.backend.aclose()

    def _open(self, contender: Contender) -> OpenContender:
        return OpenContender(
            backend=open_backend(
                contender.backend,
                _options(contender),
                api_key=Endpoint.of(contender).api_key(self.environment),
                reach=self.reach,
            ),
            sampling=Sampling(**_with_tuples(contender.sampling)),
            limits=Limits(**contender.limits),
            system_prompt=contender.system_prompt,
        )


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


def _content(contender: Contender) -> str:
    parts = (
        contender.id,
        contender.backend,
        contender.options,
        contender.sampling,
        contender.limits,
        contender.system_prompt,
        contender.prompt_format,
        contender.api_key_env,
    )
    return json.dumps(parts, sort_keys=True)


def _with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
