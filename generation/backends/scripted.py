"""The `scripted` backend: answers from a script, word by word, and fails on request.

Part of the product: with it `make run` has contenders before any model is served, and every fault of an endpoint can be
rehearsed. It keeps the requests that it got.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from generation.backends.completion import completed
from generation.backends.paced import paced, words_of
from generation.backends.script import Line, Script
from generation.backends.thinking import apart
from generation.conversation import Completion, End, Message, Piece, Sampling, Usage
from generation.errors import EmptyReply, Truncated

CALLS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came."""

    messages: tuple[Message, ...]
    sampling: Sampling
    schema: Mapping[str, Any] | None = None


class ScriptedBackend:
    """Streams the lines of a script.

    Attributes:
        calls: the latest requests, oldest first.
        running: streams open now.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        self._closed = asyncio.Event()
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        self.running = 0

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> "ScriptedBackend":
        """Open a script; `Script.from_options` has the options.

        Raises:
            BadInput: an option is wrong; lists every fault.
        """
        return cls(Script.from_options(options))

    def stream(self, messages: Sequence[Message], sampling: Sampling) -> AsyncGenerator[Piece | End, None]:
        """Yield the script's line word by word, then one `End`; longer lines end at `sampling.max_tokens`.

        Raises:
            BackendError: the script says so, or the line is empty.
        """
        return apart(self._perform(Call(tuple(messages), sampling)))

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, *, schema: Mapping[str, Any] | None = None
    ) -> Completion:
        """Return the script's line at once; `schema` is only recorded.

        Raises:
            BackendError: as `stream`.
        """
        return await completed(apart(self._perform(Call(tuple(messages), sampling, schema))))

    async def aclose(self) -> None:
        """End the streams that have fallen silent."""
        self._closed.set()

    async def _perform(self, call: Call) -> AsyncGenerator[Piece | End, None]:
        self.calls.append(call)
        self.running += 1
        try:
            line = self._script.line(call.messages, seed=call.sampling.seed)
            words = words_of(line.text)
            given = words[: min(call.sampling.max_tokens, line.manner.words_before_trouble)]
            async with aclosing(paced(given, line.manner.due_s)) as pieces:
                async for piece in pieces:
                    yield piece
            await self._trouble(line)
            finish_reason = "stop" if len(given) == len(words) else "length"
            prompt_tokens = sum(len(message.content.split()) for message in call.messages)
            yield End(finish_reason, Usage(prompt_tokens, len(given)))
        finally:
            self.running -= 1

    async def _trouble(self, line: Line) -> None:
        if line.manner.stall_after_tokens is not None:
            await self._closed.wait()
            raise Truncated("The backend was closed.")
        if line.manner.fail:
            raise line.manner.failure()
        if not line.text.strip():
            raise EmptyReply("The script's line is empty.")
