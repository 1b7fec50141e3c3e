"""Workers: threads that write replies for readers in the event loop, a few at a time.

A language model in this process computes for seconds without a pause, so it must not run in the event loop.
"""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from generation.conversation import End, Piece
from generation.errors import RateLimited, Truncated

Events = Iterable[Piece | End]
Tell = Callable[[Events], None]  # passes new events to the reader; raises if the reader has left


class Workers:
    """Writes `threads` replies at a time. `waiting` more may wait; further requests are refused."""

    def __init__(self, *, threads: int, waiting: int) -> None:
        self._most = threads + waiting
        self._open: set[Future[None]] = set()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="reply")
        self._closed = threading.Event()

    async def stream(self, write: Callable[[Tell], None]) -> AsyncGenerator[Piece | End, None]:
        """Yield the events that `write` passes on, as they come.

        After the reader has left, the thread is free at the next call that `write` makes, even one without events.

        Raises:
            RateLimited: too many replies wait already.
            Truncated: the workers were closed.
            BackendError: whatever `write` raises.
        """
        if self._closed.is_set():
            raise Truncated("The backend is closed.")
        self._open = {future for future in self._open if not future.done()}
        if len(self._open) >= self._most:
            raise RateLimited(f"{self._most} replies are being written or wait for their turn.", retry_after_s=1.0)
        loop = asyncio.get_running_loop()
        inbox: asyncio.Queue[Piece | End | Exception] = asyncio.Queue()
        left = threading.Event()

        def send(event: Piece | End | Exception) -> None:
            if not left.is_set():
                loop.call_soon_threadsafe(inbox.put_nowait, event)

        def tell(events: Events) -> None:
            for event in events:
                send(event)
            if self._closed.is_set():
                raise Truncated("The backend was closed.")
            if left.is_set():
                raise _ReaderLeft

        def work() -> None:
            try:
                write(tell)
            except _ReaderLeft:
                pass
            except Exception as error:
                send(error)

        def tell_if_dropped(future: Future[None]) -> None:
            if future.cancelled():
                send(Truncated("The backend was closed."))

        future = self._pool.submit(work)
        future.add_done_callback(tell_if_dropped)
        self._open.add(future)
        try:
            while True:
                event = await inbox.get()
                if not isinstance(event, Piece):
                    self._open.discard(future)  # its thread has nothing left to do
                if isinstance(event, Exception):
                    raise event
                yield event
                if isinstance(event, End):
                    return
        finally:
            left.set()
            future.cancel()  # only has an effect if no thread has begun it

    def close(self) -> None:
        """Let replies that are being written end at their next event."""
        self._closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)


class _ReaderLeft(Exception):
    """Raised in the thread that writes, to end a reply whose reader has left."""
