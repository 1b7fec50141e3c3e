"""Bodies of answers, read to their end and never beyond a bound, from any HTTP client that gives them in chunks."""

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Body:
    """What was read of a body; `completion` is False where more came than was allowed, and the rest was left unread."""

    content: bytes
    whole: bool


async def read_body(chunks: AsyncIterable[bytes], *, max_bytes: int) -> Body:
    """Return the body that comes in `chunks`, however many they are, or its first `max_bytes`.

    aiohttp gives the chunks by `answer.content.iter_any()`, httpx by `answer.aiter_bytes()`. A body that is cut in the
    middle raises what the client raises for it. The caller closes the answer; until then the rest of a body that is
    too long waits in the connection.
    """
    content = bytearray()
    stream = aiter(chunks)
    try:
        async for chunk in stream:
            content += chunk
            if len(content) > max_bytes:
                return Body(bytes(content[:max_bytes]), whole=False)
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()  # one that is left half read would be closed at some later time
    return Body(bytes(content), whole=True)
