"""A wire between a browser and the arena that remembers every byte which the arena sends."""

import asyncio
import contextlib
import threading
from urllib.parse import urlsplit


class Wiretap:
    """Listens on a port of its own and passes everything on to `address`, in a thread of its own.

    Attributes:
        heard: what came from the arena, connection after connection.
    """

    def __init__(self, address: str) -> None:
        self._target = urlsplit(address)
        self._connections: list[bytearray] = []
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._serve()], daemon=True)

    @property
    def heard(self) -> bytes:
        return b"".join(bytes(connection) for connection in self._connections)

    def __enter__(self) -> "Wiretap":
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ending.set)
        self._thread.join()
        self._loop.close()

    async def _serve(self) -> None:
        self._ending = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._listening.set()
        await self._ending.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard = bytearray()
        self._connections.append(heard)
        arena_reader, arena_writer = await asyncio.open_connection(self._target.hostname, self._target.port)
        for passing in (_pass_on(reader, arena_writer, bytearray()), _pass_on(arena_reader, writer, heard)):
            task = asyncio.create_task(passing)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: bytearray) -> None:
    with contextlib.suppress(ConnectionError), contextlib.closing(writer):
        while data := await reader.read(65_536):
            heard += data
            writer.write(data)
            await writer.drain()
