"""Serves the web application in this process: takes a port, tries the pages before it reports ready, ends cleanly."""

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import aiohttp
import uvicorn
from starlette.types import ASGIApp

from arena.errors import BadConfiguration

log = logging.getLogger(__name__)

DRAIN_S = 3  # grace for requests at the end; open pages hold their streams and never end by themselves
INTERRUPTED = 130
USABLE_PATHS = ("/healthz", "/")
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - where to look at a server that listens everywhere


def listen(host: str, port: int) -> socket.socket:
    """Return a listener on a port; 0 takes any free one. Visitors wait in its queue until the application is ready.

    Raises:
        BadConfiguration: the port is in use or may not be taken, or the host is no address of this machine.
    """
    try:
        family, *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((host, port), family=family, backlog=1024)
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
        return runner.run(serving)


async def serve_app(app: ASGIApp, listener: socket.socket, *, on_ready: Callable[[], Awaitable[None]]) -> int:
    """Serve `app` until SIGTERM or Ctrl-C and return the exit code: 0, 130, or 1 where it could not start.

    Args:
        app: the application; `/healthz` and `/` are requested until they answer.
        listener: the socket on which visitors connect.
        on_ready: awaited once, when these two pages answer.
    """
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=DRAIN_S
    )
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    server = _Server(config)
    server.answer_signals()
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

    def answer_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._stop, 0)
        loop.add_signal_handler(signal.SIGINT, self._stop, INTERRUPTED)

    def _stop(self, exit_code: int) -> None:
        # A second signal: do not wait for open requests.
        self.force_exit = self.should_exit
        self.should_exit = True
        self.exit_code = exit_code

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


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
    # Every end cuts the streams of open pages, so uvicorn's error about them says nothing new.
    cut = record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not cut and not str(record.msg).startswith("Cancel %s running task")
