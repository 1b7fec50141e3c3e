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
    thinking_s: Annotated[
        Positive, Means("thinking before the answer, while it goes on", unit="seconds", example=900)
    ] = 600.0
    total_s: Annotated[Positive, Means("the whole answer, thinking left aside", unit="seconds", example=120)] = 120.0
    max_bytes: Annotated[Count, Means("size of the answer as UTF-8", unit="bytes", example=200_000)] = 200_000
    max_tokens: Annotated[Count, Means("pieces of the answer; most endpoints send one a token", example=8192)] = 8192
    max_thinking_bytes: Annotated[Count, Means("size of the thinking as UTF-8", unit="bytes", example=500_000)] = (
        1_000_000
    )


async def limited(stream: AsyncGenerator[Piece | End, None], limits: Limits) -> AsyncGenerator[Piece | End, None]:
    """Yield the events of `stream` within `limits`. Pieces that hold nothing restart the timer, and are not yielded.

    `stream` is closed before this generator ends, however it ends.

    Raises:
        FirstTokenTimeout: nothing came in time.
        Stalled: it fell silent between two pieces.
        TotalTimeout: it took too long in all.
        TooLong: it said too much.
        BackendError: whatever `stream` raises.
    """
    now = asyncio.get_running_loop().time
    started = now()
    last_moment = started + limits.total_s
    patience_s = limits.first_token_s
    begun = thinking = False
    size = _Size(limits)
    async with aclosing(stream):
        while True:
            try:
                # Armed only while we wait: a timer that spans a `yield` would cancel the reader instead.
                async with asyncio.timeout_at(min(now() + patience_s, last_moment)):
                    event = await anext(stream, None)
            except TimeoutError:
                raise _out_of_time(limits, begun=begun, thinking=thinking, at_last=now() >= last_moment) from None
            if not isinstance(event, Piece):
                if event:
                    yield event
                return
            patience_s, begun = limits.between_tokens_s, True
            if event.text:
                if thinking:  # the answer has its own time
                    thinking, last_moment = False, now() + limits.total_s
            elif event.recalls or (event.reasoning and not (thinking or size.has_text)):
                thinking, last_moment = True, started + limits.thinking_s
            size.add(event)
            if event.text or event.reasoning or event.recalls:
                yield event


class _Size:
    """How much a reply has said."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._answer = self._thinking = self._pieces = 0

    @property
    def has_text(self) -> bool:
        return self._pieces > 0

    def add(self, piece: Piece) -> None:
        """Count a piece.

        Raises:
            TooLong: the answer or the thinking is longer than it may be.
        """
        limits = self._limits
        if piece.recalls:
            self._answer, self._pieces, self._thinking = 0, 0, self._thinking + self._answer
        if piece.text:
            self._pieces += 1
            self._answer += _num_bytes(piece.text)
            if self._answer > limits.max_bytes:
                raise TooLong(f"The reply is longer than {limits.max_bytes} bytes.", hint=_raise("max_bytes"))
            if self._pieces > limits.max_tokens:
                raise TooLong(f"The reply has more than {limits.max_tokens} pieces.", hint=_raise("max_tokens"))
        if piece.reasoning:
            self._thinking += _num_bytes(piece.reasoning)
            if self._thinking > limits.max_thinking_bytes:
                raise TooLong(
                    f"Its thinking is longer than {limits.max_thinking_bytes} bytes.", hint=_raise("max_thinking_bytes")
                )


def _num_bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _out_of_time(limits: Limits, *, begun: bool, thinking: bool, at_last: bool) -> BackendError:
    if at_last and thinking:
        return TotalTimeout(
            f"It thought longer than {limits.thinking_s:g} s.",
            hint=f"{_raise('thinking_s')[:-1]}, or lower its `reasoning_effort`.",
        )
    if at_last:
        return TotalTimeout(f"The reply took longer than {limits.total_s:g} s.", hint=_raise("total_s"))
    if begun:
        return Stalled(f"Nothing more came in {limits.between_tokens_s:g} s.", hint=_raise("between_tokens_s"))
    return FirstTokenTimeout(f"Nothing came in {limits.first_token_s:g} s.", hint=_raise("first_token_s"))


def _raise(limit: str) -> str:
    return f"If it needs more, raise `{limit}` in its `limits`."
