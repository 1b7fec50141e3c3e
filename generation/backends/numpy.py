"""The `numpy` backend: a small LLaMA checkpoint in this process, without torch, a server or a GPU.

All backends of this kind share a few threads, which write one token at a time for the next reply in the queue. So many
replies grow side by side, and the event loop is not blocked.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any

from generation.backends.completion import completed
from generation.backends.detokenizer import Detokenizer, detokenized
from generation.backends.llama.language_model import LanguageModel, load
from generation.backends.options import CheckpointOptions, named
from generation.checkpoints import open_checkpoint
from generation.conversation import Completion, End, Message, Piece, Sampling
from generation.declared_tables import build
from generation.errors import Truncated
from generation.prompts.templates import template_format

# More than two gain little with NumPy, and the web pages need the rest of the machine.
WRITERS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="numpy-backend")


class NumpyBackend:
    """Streams text from a language model in memory."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model
        self._closed = False

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> "NumpyBackend":
        """Load a checkpoint with the options of a contenders file.

        `CheckpointOptions` declares them; `package:folder` names a folder inside an installed package. Conversations
        are written by `chat_template`, or else by the folder's own.

        Raises:
            BadInput: an option is wrong, or the checkpoint cannot be read.
        """
        settings = build(CheckpointOptions, options, name=named("numpy"))
        base = _place(settings.base_folder) if settings.base_folder else None
        checkpoint = open_checkpoint(_place(settings.folder), base=base)
        return cls(load(checkpoint, chat_template=template_format(settings.chat_template)))

    async def stream(self, messages: Sequence[Message], sampling: Sampling) -> AsyncGenerator[Piece | End, None]:
        """Yield the reply to `messages` token by token, then one `End` with "stop" or "length".

        Raises:
            BackendError: the prompt does not fit, the chat template refuses it, or the reply is empty.
        """
        steps = self._write(messages, sampling)
        while not self._closed:
            # One step is one token. When the caller leaves, no further step is requested.
            event = await asyncio.get_running_loop().run_in_executor(WRITERS, next, steps)
            yield event
            if isinstance(event, End):
                return
        raise Truncated("The backend was closed.")

    async def complete(
        self,
        messages: Sequence[Message],
        sampling: Sampling,
        *,
        schema: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Completion:
        """Return the whole reply at once. `schema` is ignored: this backend cannot force a shape.

        Raises:
            BackendError: as `stream`.
        """
        return await completed(self.stream(messages, sampling))

    async def aclose(self) -> None:
        """End the streams that are open, each after its current token."""
        self._closed = True

    def _write(self, messages: Sequence[Message], sampling: Sampling) -> Iterator[Piece | End]:
        model = self._model
        prompt = model.prompt(messages)
        detokenizer = Detokenizer(
            model.decode,
            ends=model.ends,
            stops=sampling.stop,
            max_tokens=sampling.max_tokens,
            prompt_tokens=len(prompt),
        )
        yield from detokenized(model.draw(prompt, sampling), detokenizer)


def _place(name: str) -> Path:
    """Return the folder that an option names: a path, or `package:folder`."""
    package, _, place = name.rpartition(":")
    try:
        return Path(str(files(package) / place)) if package else Path(name)
    except (ModuleNotFoundError, ValueError):  # a path with a colon
        return Path(name)
