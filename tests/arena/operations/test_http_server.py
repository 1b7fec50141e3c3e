"""Serving: one line when the page answers, plain sentences about ports, and a clean end on a signal."""

import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from arena.errors import BadConfiguration
from arena.operations.http_server import address_of, listen

PROGRAM = """
    import asyncio, sys
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse, StreamingResponse
    from starlette.routing import Route
    from arena.operations.http_server import address_of, listen, serve_app

    async def page(request):
        return PlainTextResponse("here")

    async def ready():
        print("ready", flush=True)

    async def broken(request):
        return PlainTextResponse("no", status_code=500)

    async def endless(request):
        async def words():
            while True:
                yield "word "
                await asyncio.sleep(0.05)
        return StreamingResponse(words())

    async def slow(request):
        async def words():
            for number in range(40):
                yield f"word{number} "
                await asyncio.sleep(0.05)
        return StreamingResponse(words())

    async def hang(request):
        import time
        time.sleep(1000)

    app = Starlette(routes=[
        Route("/", broken if "broken" in sys.argv else page), Route("/healthz", page), Route("/endless", endless),
        Route("/slow", slow), Route("/hang", hang),
    ])
    with listen("127.0.0.1", 0) as listener:
        print(address_of(listener), flush=True)
        drain_s = 1 if "hurried" in sys.argv else 30
        sys.exit(asyncio.run(serve_app(app, listener, on_ready=ready, drain_s=drain_s)))
"""


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_readiness_is_told_when_the_page_answers_and_a_visitor_before_that_waits_in_line():
    with serving() as (process, address):
        assert urllib.request.urlopen(address, timeout=60).read() == b"here"
        assert process.stdout.readline() == "ready\n"


SIGNALS = pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])


@SIGNALS
def test_a_signal_ends_it_quietly_even_while_a_page_is_open(sent: signal.Signals, code: int):
    with serving("hurried") as (process, address):
        assert process.stdout.readline() == "ready\n"
        with urllib.request.urlopen(f"{address}/endless", timeout=60) as page:
            page.read(10)
            process.send_signal(sent)
            assert ended(process) == (code, "", "")


def test_a_reply_that_is_being_written_ends_whole_and_nobody_new_is_let_in():
    with serving() as (process, address):
        assert process.stdout.readline() == "ready\n"
        with urllib.request.urlopen(f"{address}/slow", timeout=60) as page:
            page.read(10)
            process.send_signal(signal.SIGTERM)
            assert page.read().endswith(b"word39 ")
        assert ended(process) == (0, "", "")
        with pytest.raises(OSError, match="refused"):
            urllib.request.urlopen(address, timeout=60)


@SIGNALS
def test_a_second_signal_waits_for_nobody(sent: signal.Signals, code: int):
    with serving() as (process, address):
        assert process.stdout.readline() == "ready\n"
        with urllib.request.urlopen(f"{address}/endless", timeout=60) as page:
            page.read(10)
            process.send_signal(signal.SIGTERM)
            with suppress(OSError):  # as long as the listener is there the first signal was not noticed
                while urllib.request.urlopen(address, timeout=60):
                    pass
            process.send_signal(sent)
            began = time.monotonic()
            assert ended(process)[0] == code
            assert time.monotonic() - began < 20  # not the 30 s of the first signal


def test_a_signal_is_heard_even_where_the_event_loop_hangs():
    with serving() as (process, address):
        assert process.stdout.readline() == "ready\n"
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as visitor:
            visitor.sendall(b"GET /hang HTTP/1.1\r\nhost: arena\r\n\r\n")
            with pytest.raises(TimeoutError):
                urllib.request.urlopen(address, timeout=1)
            process.send_signal(signal.SIGTERM)
            assert ended(process)[0] == 0


def test_a_page_that_does_not_answer_is_told_and_readiness_is_not():
    with serving("broken") as (process, _):
        assert "do not answer as they should: 500" in process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        assert ended(process)[:2] == (0, "")


def test_a_port_in_use_is_one_sentence_and_a_hint():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(BadConfiguration, match=f"Port {port} is in use") as caught:
            listen("127.0.0.1", port)
    assert f"--port {port + 1}" in str(caught.value.hint)


def test_a_host_that_is_not_this_machine_is_one_sentence():
    with pytest.raises(BadConfiguration, match="cannot be taken"):
        listen("203.0.113.1", 0)
    with pytest.raises(BadConfiguration, match="is no address"):
        listen("no such host", 0)


def test_the_address_is_one_that_a_browser_can_open():
    with listen("0.0.0.0", 0) as everywhere:
        assert address_of(everywhere) == f"http://127.0.0.1:{everywhere.getsockname()[1]}"
    if socket.has_ipv6:
        with listen("::1", 0) as listener:
            assert address_of(listener) == f"http://[::1]:{listener.getsockname()[1]}"
