"""Registry: opens a backend by its name."""

from collections.abc import Mapping
from typing import Any

from generation.backends.learned import Learned
from generation.backends.options import KINDS
from generation.backends.reach import Reach
from generation.conversation import Backend
from generation.errors import BadInput


def open_backend(
    kind: str,
    options: Mapping[str, Any],
    *,
    api_key: str | None = None,
    reach: Reach | None = None,
    learned: Learned | None = None,
) -> Backend:
    """Open the backend `kind` with its options.

    `reach` limits the address of an endpoint (None: no limit), and `learned` is what a check found out about it.

    Raises:
        BadInput: the kind is unknown or an option is wrong; lists every fault.
    """
    # Imported only when needed: openai takes half a second.
    if kind == "numpy":
        from generation.backends.numpy import NumpyBackend

        return NumpyBackend.from_options(options)
    if kind == "openai" and "urls" in options:
        from generation.backends.routed import RoutedBackend

        return RoutedBackend.from_options(options, api_key=api_key, reach=reach, learned=learned)
    if kind == "openai":
        from generation.backends.openai import OpenAIBackend

        return OpenAIBackend.from_options(options, api_key=api_key, reach=reach, learned=learned)
    if kind == "vendor":
        from generation.backends.vendors.backend import VendorBackend

        return VendorBackend.from_options(options, api_key=api_key, reach=reach)
    if kind == "recorded":
        from generation.backends.recorded import RecordedBackend

        return RecordedBackend.from_options(options)
    if kind == "scripted":
        from generation.backends.scripted import ScriptedBackend

        return ScriptedBackend.from_options(options)
    if kind == "transformers":
        from generation.backends.transformers import TransformersBackend

        return TransformersBackend.from_options(options)
    if kind == "vllm":
        from generation.backends.vllm import VLLMBackend

        return VLLMBackend.from_options(options)
    raise BadInput(f"`{kind}` is not a backend.", hint=f"There are {', '.join(KINDS)}.")
