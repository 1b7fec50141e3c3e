"""A race: two replies written at the same time, each at its own pace, for any number of watchers.

Pure asyncio, without database or page. Without watchers a race goes on for a moment only: a page that is reloaded still
finds it running, and a voter who left causes no further cost.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

from arena.db.states import SIDES, ReplyStatus, Side
from arena.moderation.moderation import Ruling
from generation.conversation import End, Piece, Transcript, Usage
from generation.errors import BackendError

log = logging.getLogger(__name__)

FLUSH_S = 0.1  # watchers get text in steps of this time, so an endpoint's token size does not identify it
SILENCE_S = 0.75  # a silent race still wakes its watchers; otherwise a departed one would go unnoticed
PATIENCE_S = 1.8  # without any watcher for this time, the upstream requests are closed
ARRIVAL_S = 8.0  # a page on a slow connection may take this long before it first watches


@dataclass(frozen=True, slots=True)
class Waiting:
    """The reply waits for a place at its endpoint. Position 0 means that it has one."""

    position: int


Stream = AsyncGenerator[Piece | End | Waiting | Ruling, None]


@dataclass(slots=True)
class LiveReply:
    """One reply while it is being written. Seconds count from its start."""

    status: ReplyStatus = ReplyStatus.STREAMING
    text: str = ""
    num_pieces: int = 0
    first_token_s: float | None = None
    duration_s: float | None = None
    finish_reason: str = ""
    failure: str = ""
    failure_detail: str = ""
    usage: Usage | None = None
    retry_after_s: float | None = None
    position: int = 0
    queued_s: float | None = None
    ruling: Ruling | None = None
    _thought: Transcript = field(default_factory=Transcript)  # without text
    _started: float = field(default_factory=time.monotonic)

    @property
    def reasoning(self) -> str:
        """The thinking so far, which is no part of the answer."""
        return self._thought.reasoning

    def add(self, event: Piece | End | Waiting | Ruling) -> None:
        """Update the reply by an event of its stream."""
        match event:
            case End():
                self.status = ReplyStatus.FINISHED
                self.finish_reason = event.finish_reason
                self.usage = event.usage
            case Piece():  # one that holds nothing only shows that the endpoint works
                self._hear(event)
            case Waiting(position):
                self.position = position
                if not position:
                    self.queued_s = time.monotonic() - self._started
            case Ruling():
                self.ruling = event

    def _hear(self, piece: Piece) -> None:
        if piece.recalls:
            self._thought.add(Piece("", self.text))
            self.text, self.num_pieces, self.first_token_s = "", 0, None
        if piece.reasoning:
            self._thought.add(Piece("", piece.reasoning))
        if piece.text:
            if self.first_token_s is None:
                self.first_token_s = time.monotonic() - self._started
            self.text += piece.text
            self.num_pieces += 1

    def fail(self, error: BackendError) -> None:
        """Mark the reply as failed, with the kind and the text of the error."""
        self.status = ReplyStatus.FAILED
        self.failure = error.kind
        self.failure_detail = f"{error} {error.hint}" if error.hint else str(error)
        self.retry_after_s = getattr(error, "retry_after_s", None)

    def break_down(self, bug: Exception) -> None:
        """Mark the reply as failed by a bug of ours, which must not pass for a reply."""
        self.status, self.failure, self.failure_detail = ReplyStatus.FAILED, "bug", type(bug).__name__

    def end(self) -> None:
        """Stop the clock."""
        self.duration_s = time.monotonic() - self._started


class Race:
    """Runs one stream for each side. A side that fails does not stop the other.

    `on_end(side, reply)` is awaited at each side's end. `on_done()` is called after both, before watchers get the last
    update. Must be made inside a running event loop.
    """

    def __init__(
        self,
        streams: Mapping[Side, Callable[[], Stream]],
        *,
        on_end: Callable[[Side, LiveReply], Awaitable[None]],
        on_done: Callable[[], object],
    ) -> None:
        self.replies: dict[Side, LiveReply] = {side: LiveReply() for side in SIDES}
        self._on_end = on_end
        self._on_done = on_done
        self._ending: ReplyStatus | None = None
        self._watchers: set[asyncio.Event] = set()
        self._last_seen = time.monotonic() + ARRIVAL_S - PATIENCE_S
        self._pumps = [asyncio.create_task(self._pump(side, streams[side])) for side in SIDES]
        self._guard = asyncio.create_task(self._run())

    @property
    def running(self) -> bool:
        """Whether a side is still being written or stored."""
        return not self._guard.done()

    @property
    def num_watchers(self) -> int:
        """How many watch the race now."""
        return len(self._watchers)

    async def watch(self) -> AsyncGenerator[None, None]:
        """Yield whenever `replies` changed, at most every `FLUSH_S`, at least every `SILENCE_S`, until the end."""
        changed = asyncio.Event()
        self._watchers.add(changed)
        try:
            while self.running:
                self._last_seen = time.monotonic()
                yield
                await asyncio.sleep(FLUSH_S)
                waiter = asyncio.create_task(changed.wait())
                await asyncio.wait({waiter, self._guard}, timeout=SILENCE_S, return_when=asyncio.FIRST_COMPLETED)
                waiter.cancel()
                changed.clear()
        finally:
            self._watchers.discard(changed)

    async def stop(self, ending: ReplyStatus) -> None:
        """Close both upstream requests; sides still being written end as `ending`. Returns when all is stored."""
        await asyncio.sleep(0)  # lets each task take its first step; one cancelled before it would never store its end
        self._close(ending)
        await asyncio.wait({self._guard})

    async def _run(self) -> None:
        pending = set(self._pumps)
        while pending:
            _, pending = await asyncio.wait(pending, timeout=0.2)
            if not self._watchers and time.monotonic() - self._last_seen > PATIENCE_S:
                self._close(ReplyStatus.INTERRUPTED)
        self._on_done()

    def _close(self, ending: ReplyStatus) -> None:
        if self._ending:
            return  # a second cancellation would interrupt the storing of the end
        self._ending = ending
        for pump, reply in zip(self._pumps, self.replies.values(), strict=True):
            if reply.status is ReplyStatus.STREAMING:
                pump.cancel()

    async def _pump(self, side: Side, stream: Callable[[], Stream]) -> None:
        reply = self.replies[side]
        try:
            async with aclosing(stream()) as events:
                async for event in events:
                    reply.add(event)
                    self._wake()
        except BackendError as error:
            reply.fail(error)
        except asyncio.CancelledError:
            reply.status = self._ending or ReplyStatus.INTERRUPTED
        except Exception as error:
            # A bug of ours must not end the other side.
            log.exception("a reply ended by a bug")
            reply.break_down(error)
        reply.end()
        await self._on_end(side, reply)
        self._wake()

    def _wake(self) -> None:
        for changed in self._watchers:
            changed.set()
