"""Whole replies, for backends that only know how to stream."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from generation.conversation import Completion, End, Piece, Transcript


async def completed(stream: AsyncGenerator[Piece | End, None]) -> Completion:
    """Read `stream` to its end and return it as one reply.

    Raises:
        BackendError: whatever `stream` raises.
    """
    told = Transcript()
    async with aclosing(stream):
        async for event in stream:
            if isinstance(event, End):
                return Completion(told.text, event.finish_reason, event.usage, reasoning=told.reasoning)
            told.add(event)
    raise AssertionError("a stream ends with an `End` or an error")
