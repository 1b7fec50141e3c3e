"""The `transformers` backend: a checkpoint in this process, on the CPU or one GPU.

For small language models, trials and demonstrations: replies are written one after another. `arena contenders serve`
starts vLLM for everything larger.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generation.backends.completion import completed
from generation.backends.detokenizer import Detokenizer
from generation.backends.options import TransformersOptions, named
from generation.backends.workers import Tell, Workers
from generation.checkpoints import Checkpoint, open_checkpoint
from generation.conversation import Completion, End, Message, Piece, Sampling
from generation.declared_tables import build
from generation.errors import BadInput, GenerationError, ServerFault
from generation.extras import require
from generation.prompts import FORMATS, PromptFormat, prompt_format
from generation.prompts.templates import template_format

if TYPE_CHECKING:
    from generation.backends.causal_lm import CausalLM

SIGN_OF_LIFE_S = 2.0
NEEDED = ("torch", "transformers")
# transformers changes settings of the whole process while it loads: two loads at once lose tied weights.
ONE_LOAD = threading.Lock()


class TransformersBackend:
    """Streams text from a checkpoint that is loaded into this process.

    Loading begins when the backend is opened and goes on in a thread of its own; streams wait for it.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        *,
        prompt_format: PromptFormat | None = None,
        device: Any = "auto",
        dtype: str = "auto",
        threads: int | None = None,
        concurrency: int = 1,
        waiting: int = 16,
    ) -> None:
        self._prompt_format = prompt_format
        self._workers = Workers(threads=concurrency, waiting=waiting)
        loader = ThreadPoolExecutor(1, thread_name_prefix="load")
        self._loading: Future[CausalLM] = loader.submit(_load, checkpoint, device=device, dtype=dtype, threads=threads)
        loader.shutdown(wait=False)

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> "TransformersBackend":
        """Open a checkpoint with the options that `TransformersOptions` declares.

        Without `prompt_format` or `chat_template` the tokenizer's own chat template is used.

        Raises:
            MissingExtra: the extra `local` is not installed.
            BadInput: an option is wrong or the folder cannot be served; lists every fault.
        """
        require("local", *NEEDED, purpose="A checkpoint in this process")
        settings = build(TransformersOptions, options, name=named("transformers"))
        checkpoint = open_checkpoint(
            Path(settings.folder), base=Path(settings.base_folder) if settings.base_folder else None
        )
        written = template_format(settings.chat_template)
        if settings.prompt_format:
            written = prompt_format(settings.prompt_format)
        if not written and not checkpoint.chat_template:
            raise BadInput(
                f"{settings.folder} has no chat template, which would say how to write a conversation for it.",
                hint=f"Name a `prompt_format`: {', '.join(FORMATS)}.",
            )
        return cls(
            checkpoint,
            prompt_format=written,
            device=settings.device,
            dtype=settings.dtype,
            threads=settings.threads,
            concurrency=settings.concurrency,
            waiting=settings.waiting,
        )

    async def stream(self, messages: Sequence[Message], sampling: Sampling) -> AsyncGenerator[Piece | End, None]:
        """Yield the reply to `messages` piece by piece, then one `End`; empty pieces while the checkpoint loads.

        Raises:
            BackendError: the checkpoint cannot be loaded, the prompt is too long, or too many replies wait.
        """
        loading = asyncio.wrap_future(self._loading)
        while not loading.done():
            yield Piece("")
            await asyncio.wait([loading], timeout=SIGN_OF_LIFE_S)
        try:
            loaded = loading.result()
        except GenerationError as error:
            raise ServerFault(str(error), hint=error.hint) from error
        written = self._workers.stream(lambda tell: self._write(loaded, [*messages], sampling, tell))
        async with aclosing(written) as events:
            async for event in events:
                yield event

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
        """Release the checkpoint. Streams that are open end as `Truncated` at their next token."""
        self._workers.close()

    def _write(self, loaded: "CausalLM", messages: list[Message], sampling: Sampling, tell: Tell) -> None:
        prompt = loaded.prompt_ids(messages, self._prompt_format)
        max_tokens = min(sampling.max_tokens, loaded.room_after(prompt))
        detokenizer = Detokenizer(
            lambda ids: loaded.tokenizer.decode(ids, skip_special_tokens=True),
            ends=loaded.ends,
            stops=(*sampling.stop, *(self._prompt_format.stop if self._prompt_format else ())),
            max_tokens=max_tokens,
            prompt_tokens=len(prompt),
        )

        def on_token(token: int) -> bool:
            tell(detokenizer.feed(token))
            return detokenizer.over

        try:
            loaded.draw(prompt, sampling, max_tokens=max_tokens, on_token=on_token)
        except RuntimeError as error:  # torch's own: no memory, no such device
            raise ServerFault(f"torch failed: {error}") from error
        tell(detokenizer.end())


def _load(checkpoint: Checkpoint, *, device: Any, dtype: str, threads: int | None) -> "CausalLM":
    # Imported in the thread that loads: torch takes seconds.
    import torch

    from generation.backends.causal_lm import load

    if threads:
        torch.set_num_threads(threads)
    with ONE_LOAD:
        return load(checkpoint, device=device, dtype=dtype)
