"""The open backends of contenders, each opened once and used by many battles."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from arena.db.tables import Contender
from arena.errors import ContenderUnfit
from generation.backends.limits import Limits
from generation.backends.opening import open_backend
from generation.backends.reach import Reach
from generation.conversation import Backend, Sampling

PUBLIC = Reach()
WRITERS = {"openai", "transformers"}  # backends that know prompt formats
SERVED_BY_US = {"folder", "base_folder"}  # options of `arena contenders serve`, not of the endpoint


@dataclass(frozen=True, slots=True)
class OpenContender:
    """What is needed to ask a contender."""

    backend: Backend
    sampling: Sampling
    limits: Limits
    system_prompt: str


class OpenContenders:
    """Opens contenders on demand and keeps them open.

    Args:
        environment: holds the API keys, by variable.
        reach: where endpoints may be.
    """

    def __init__(self, environment: Mapping[str, str], *, reach: Reach = PUBLIC) -> None:
        self._environment = environment
        self.reach = reach
        # By content: a changed contender is opened anew, while battles that still use the former one go on.
        self._opened: dict[str, OpenContender] = {}

    def get(self, contender: Contender) -> OpenContender:
        """Return the contender's backend and how to ask it.

        Raises:
            ContenderUnfit: the variable that should hold its API key is not set.
            BadInput: its options cannot be used.
        """
        content = _content(contender)
        if content not in self._opened:
            self._opened[content] = self._open(contender)
        return self._opened[content]

    async def aclose(self) -> None:
        """Close all backends. Streams still open end."""
        while self._opened:
            _, opened = self._opened.popitem()
            await opened.backend.aclose()

    def _open(self, contender: Contender) -> OpenContender:
        return OpenContender(
            backend=open_backend(
                contender.backend, _options(contender), api_key=self.api_key(contender), reach=self.reach
            ),
            sampling=Sampling(**_with_tuples(contender.sampling)),
            limits=Limits(**contender.limits),
            system_prompt=contender.system_prompt,
        )

    def api_key(self, contender: Contender) -> str | None:
        """Return the contender's API key, or None where it needs none.

        Raises:
            ContenderUnfit: the variable that should hold it is not set.
        """
        if not contender.api_key_env:
            return None
        if key := self._environment.get(contender.api_key_env, "").strip():
            return key
        raise ContenderUnfit(
            f"The environment has no {contender.api_key_env}, which should hold the API key of `{contender.slug}`.",
            hint=f"export {contender.api_key_env}=…",
        )


def _options(contender: Contender) -> Mapping[str, Any]:
    """Return what the contender's backend is told."""
    options = dict(contender.options)
    if contender.prompt_format and contender.backend in WRITERS:
        options["prompt_format"] = contender.prompt_format
    if contender.backend != "openai" or "folder" not in options:
        return options
    if not options.keys() & {"url", "urls"}:
        raise ContenderUnfit(f"`{contender.slug}` is not served yet.", hint=f"arena contenders serve {contender.slug}")
    return {name: value for name, value in options.items() if name not in SERVED_BY_US}


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
