"""Serves the web application in this process: takes a port, tries the pages before it reports ready, ends cleanly."""

import asyncio
import errno
import logging
import math
import os
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import aiohttp
import uvicorn
from starlette.types import ASGIApp

from arena.errors import BadConfiguration
from arena.operations.connections import ConnectionLimits, limited_protocol

log = logging.getLogger(__name__)
_ends: list[threading.Timer] = []  # each would end this process
_hurried = threading.Event()  # somebody asked for the end twice

DRAIN_S = 30  # grace for replies that are being written when the end is asked for
AFTER_DRAIN_S = 15  # then what runs is interrupted and stored; who takes longer hangs
HURRY_S = 3  # grace after a second signal
KEEP_ALIVE_S = 75  # longer than proxies keep a connection that they mean to use again
BACKLOG = 512
INTERRUPTED = 130
NO_NEWS = ("Cancel %s running task", "Invalid HTTP request received", "Unsupported upgrade", "No supported WebSocket")
USABLE_PATHS = ("/healthz", "/")
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to look at a server that listens everywhere


def listen(host: str, port: int) -> socket.socket:
    """Return a listener on a port; 0 takes any free one. Visitors wait in its queue until the application is ready.

    Raises:
        BadConfiguration: the port is in use or may not be taken, or the host is no address of this machine.
    """
    try:
        family, *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except socket.gaierror as error:
        raise BadConfiguration(f"`{host}` is no address of this machine.", hint="Try --host 127.0.0.1") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise BadConfiguration(
                f"Port {port} is in use; perhaps an arena runs there already.",
                hint=f"Take another one: arena serve --port {port + 1}",
            ) from error
        raise BadConfiguration(
            f"Port {port} on `{host}` cannot be taken: {error.strerror}.", hint="Try --host 127.0.0.1 --port 7860"
        ) from error


def address_of(listener: socket.socket) -> str:
    """Return the URL under which a browser on this machine reaches `listener`."""
    host, port, *_ = listener.getsockname()
    host = EVERY_ADDRESS.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run_server(serving: Coroutine[Any, Any, int]) -> int:
    """Run `serving` in a new event loop and return its result. uvloop, if installed, saves an eighth of the CPU."""
    with asyncio.Runner(loop_factory=uvicorn.Config("", log_config=None).get_loop_factory()) as runner:
        result = runner.run(serving)
    for end in _ends:
        end.cancel()
    if _hurried.is_set():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(result)  # Python would take seconds to clear all that Gradio has imported
    return result


async def serve_app(
    app: ASGIApp,
    listener: socket.socket,
    *,
    on_ready: Callable[[], Awaitable[None]],
    limits: ConnectionLimits = ConnectionLimits(),  # noqa: B008 - cannot change
    drain_s: float = DRAIN_S,
) -> int:
    """Serve `app` until SIGTERM or Ctrl-C and return the exit code: 0, 130, or 1 where it could not start.

    After the signal nobody is let in any more, and what is being answered has `drain_s` seconds to end. After a second
    one it has none. Where the event loop or the end itself hangs, the process is ended all the same.

    Args:
        app: the application; `/healthz` and `/` are requested until they answer.
        listener: the socket on which visitors connect.
        on_ready: awaited once, when these two pages answer.
        limits: what one visitor may use.
        drain_s: grace after the first signal.
    """
    config = uvicorn.Config(
        app,
        http=limited_protocol(limits),
        ws="none",  # no page of ours opens one
        # `arena.web.proxies` knows whom to believe; uvicorn would believe whoever is on this machine.
        proxy_headers=False,
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=math.ceil(drain_s),
    )
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    server = _Server(config)
    server.answer_signals(drain_s)
    readiness = asyncio.create_task(_call_when_usable(address_of(listener), on_ready))
    try:
        await server.serve(sockets=[listener])
    finally:
        readiness.cancel()
        with suppress(asyncio.CancelledError):
            await readiness
    return server.exit_code


class _Server(uvicorn.Server):
    """A uvicorn server that ends with an exit code on a signal, where uvicorn would raise the signal again."""

    exit_code = 1  # holds if the server ends without a signal

    def answer_signals(self, drain_s: float) -> None:
        # Not the event loop's own handlers, which wait for it: it may be what hangs.
        self._loop = asyncio.get_running_loop()
        self._drain_s = drain_s
        signal.signal(signal.SIGTERM, lambda *_: self._stop(0))
        signal.signal(signal.SIGINT, lambda *_: self._stop(INTERRUPTED))

    def _stop(self, exit_code: int) -> None:
        self.force_exit = self.should_exit  # a second signal: do not wait for open requests
        self.should_exit = True
        self.exit_code = exit_code
        noticed = _end_after(HURRY_S, exit_code)
        if self.force_exit:
            _hurried.set()
            self._loop.call_soon_threadsafe(self._cut)
        else:
            self._loop.call_soon_threadsafe(noticed.cancel)
            _end_after(self._drain_s + AFTER_DRAIN_S, exit_code)

    def _cut(self) -> None:
        for connection in [*self.server_state.connections]:
            connection.transport.abort()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _end_after(seconds: float, exit_code: int) -> threading.Timer:
    """End the process in some seconds, whatever hangs then."""
    end = threading.Timer(seconds, os._exit, [exit_code])
    end.daemon = True
    end.start()
    _ends.append(end)
    return end


async def _call_when_usable(address: str, on_ready: Callable[[], Awaitable[None]]) -> None:
    # One request suffices: it waits in the listener's queue until the application answers.
    try:
        async with aiohttp.ClientSession(raise_for_status=True) as client:
            for path in USABLE_PATHS:
                async with client.get(address + path) as answer:
                    await answer.read()
    except aiohttp.ClientError as error:
        log.warning("The pages at %s do not answer as they should: %s", address, error)
    else:
        await on_ready()


def _is_news(record: logging.LogRecord) -> bool:
    # Every end cuts the streams of open pages, so uvicorn's error about them says nothing new. And whoever likes to can
    # send something that is no HTTP, or asks for a web socket.
    text = str(record.msg)
    cut = record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError)
    cut = cut or text.rstrip().endswith("CancelledError")  # Starlette's lifespan tells it as text
    return not cut and not text.startswith(NO_NEWS)
