"""Limits: what a reply may take in time and size, whatever the endpoint does.

The timers run on text, not on bytes: an endpoint that only sends keep-alive comments is silent.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

from generation.conversation import End, Piece
from generation.declared_tables import Means
from generation.errors import BackendError, FirstTokenTimeout, Stalled, TooLong, TotalTimeout
from generation.value_rules import Count, Positive


@dataclass(frozen=True, slots=True)
class Limits:
    """What one reply may take; a reply that breaks a limit ends as failed."""

    first_token_s: Annotated[Positive, Means("until the first sign of work", unit="seconds", example=60)] = 20.0
    between_tokens_s: Annotated[Positive, Means("silence after that", unit="seconds", example=20)] = 20.0
    total_s: Annotated[Positive, Means("the whole reply", unit="seconds", example=120)] = 120.0
    max_bytes: Annotated[Count, Means("size of the text as UTF-8", unit="bytes", example=200_000)] = 200_000
    max_tokens: Annotated[Count, Means("pieces of text; most endpoints send one a token", example=8192)] = 8192


async def limited(stream: AsyncGenerator[Piece | End, None], limits: Limits) -> AsyncGenerator[Piece | End, None]:
    """Yield the events of `stream` within `limits`. Empty pieces restart the timer, and are not yielded.

    `stream` is closed before this generator ends, however it ends.

    Raises:
        FirstTokenTimeout: nothing came in time.
        Stalled: it fell silent between two pieces.
        TotalTimeout: it took too long in all.
        TooLong: it said too much.
        BackendError: whatever `stream` raises.
    """
    now = asyncio.get_running_loop().time
    last_moment = now() + limits.total_s
    patience_s = limits.first_token_s
    begun = False
    tokens = size = 0
    async with aclosing(stream):
        while True:
            try:
                # Armed only while we wait: a timer that spans a `yield` would cancel the reader instead.
                async with asyncio.timeout_at(min(now() + patience_s, last_moment)):
                    event = await anext(stream, None)
            except TimeoutError:
                raise _out_of_time(limits, begun=begun, at_last=now() >= last_moment) from None
            if not isinstance(event, Piece):
                if event:
                    yield event
                return
            patience_s, begun = limits.between_tokens_s, True
            if not event.text:
                continue
            tokens += 1
            size += len(event.text) if event.text.isascii() else len(event.text.encode())
            if size > limits.max_bytes:
                raise TooLong(f"The reply is longer than {limits.max_bytes} bytes.")
            if tokens > limits.max_tokens:
                raise TooLong(f"The reply has more than {limits.max_tokens} pieces.")
            yield event


def _out_of_time(limits: Limits, *, begun: bool, at_last: bool) -> BackendError:
    if at_last:
        return TotalTimeout(f"The reply took longer than {limits.total_s:g} s.")
    if begun:
        return Stalled(f"Nothing more came in {limits.between_tokens_s:g} s.")
    return FirstTokenTimeout(f"Nothing came in {limits.first_token_s:g} s.")
