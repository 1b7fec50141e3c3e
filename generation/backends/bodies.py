"""Bodies of HTTP answers, read chunk by chunk from any client, up to a limit."""

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes read of a body. `is_complete` is False if it was longer than the limit; its rest is then unread."""

    content: bytes
    is_complete: bool


async def read_body(chunks: AsyncIterable[bytes], *, max_bytes: int) -> Body:
    """Return the body that `chunks` add up to, or its first `max_bytes` bytes.

    The chunks are `answer.content.iter_any()` in aiohttp and `answer.aiter_bytes()` in httpx. If the connection breaks
    in the middle, the client's own exception is raised. The caller must close the answer: until then the unread rest of
    a long body stays in the connection.
    """
    content = bytearray()
    stream = aiter(chunks)
    try:
        async for chunk in stream:
            content += chunk
            if len(content) > max_bytes:
                return Body(bytes(content[:max_bytes]), is_complete=False)
    finally:
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()  # otherwise it stays open until it is garbage-collected
    return Body(bytes(content), is_complete=True)
