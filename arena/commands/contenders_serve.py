"""`arena contenders serve`: starts vLLM for contenders whose weights are on this machine, and keeps it running.

Contenders on one base share a server. Its address is written to the database once it answers, so a running arena uses
it from their next battle on.
"""

import argparse
import asyncio
import shlex
import shutil
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from arena.commands.database import opened_database
from arena.contenders.endpoint import Endpoint
from arena.contenders.register import Contenders
from arena.db.tables import Contender
from arena.errors import BadConfiguration
from arena.operations.vllm_servers import VLLMServer, plan_servers
from arena.operations.watched_process import WatchedProcess
from arena.settings import Settings

INTERRUPTED = 130


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("slugs", nargs="+", metavar="slug", help="contenders with a `folder`")
    parser.add_argument("--vllm", metavar="COMMAND", help="vLLM's executable; default: ARENA_VLLM, else `vllm`")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, help="default: the one that was used last, else any free one")
    parser.add_argument("--print", action="store_true", help="only print the commands, to run them elsewhere")
    parser.add_argument(
        "--args", nargs=argparse.REMAINDER, default=[], help="everything after it goes to vLLM: --args --dtype bfloat16"
    )


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Serve until stopped; return 0 after SIGTERM, 130 after Ctrl-C."""
    settings = Settings.from_env(environment)
    executable = args.vllm or settings.vllm
    with opened_database(environment) as database:
        contenders = Contenders(database)
        rows = contenders.named(args.slugs)
        servers = plan_servers(rows)
        if args.port and len(servers) > 1:
            raise BadConfiguration(
                f"These contenders need {len(servers)} servers, and --port is one.", hint="Leave it out."
            )
        ports = [args.port or _port(args.host, server, rows) for server in servers]
        watched = [
            _Watched(server, executable, host=args.host, port=port, folder=settings.home / "served", extra=args.args)
            for server, port in zip(servers, ports, strict=True)
        ]
        for one in watched:
            print(shlex.join(one.command), flush=True)
        if args.print:
            return 0
        if not shutil.which(executable):
            raise BadConfiguration(
                f"There is no command `{executable}`.",
                hint="Install vLLM in an environment of its own and name it: --vllm PATH, or ARENA_VLLM.",
            )
        return asyncio.run(_serve(watched, contenders))


class _Watched:
    """One server on its port."""

    def __init__(
        self, server: VLLMServer, executable: str, *, host: str, port: int, folder: Path, extra: Sequence[str]
    ) -> None:
        self._server = server
        self._root = f"http://{host if host != '0.0.0.0' else '127.0.0.1'}:{port}"  # noqa: S104
        name = f"{server.base.resolve().name}-{port}"
        template = folder / f"{name}.jinja"
        if server.chat_template:
            folder.mkdir(parents=True, exist_ok=True)
            template.write_text(server.chat_template, "utf-8")
        self.command = server.command(executable, host=host, port=port, template_file=template, extra=extra)
        self._log = folder / f"{name}.log"

    async def run(self, contenders: Contenders) -> None:
        slugs = ", ".join(self._server.slugs)
        _say(f"Starting vLLM for {slugs}; it may take minutes. Its log: {self._log}")

        async def announce() -> None:
            await asyncio.to_thread(contenders.locate, self._server.slugs, f"{self._root}/v1")
            _say(f"{slugs}: served at {self._root}/v1")

        process = WatchedProcess(
            f"vLLM for {slugs}", self.command, health=f"{self._root}/health", log=self._log, say=_say
        )
        await process.run(announce)


async def _serve(watched: Sequence[_Watched], contenders: Contenders) -> int:
    loop, running = asyncio.get_running_loop(), asyncio.current_task()
    assert running
    code = 0

    def stop(exit_code: int) -> None:
        nonlocal code
        code = exit_code
        running.cancel()

    for number, exit_code in ((signal.SIGTERM, 0), (signal.SIGINT, INTERRUPTED)):
        loop.add_signal_handler(number, stop, exit_code)
    try:
        async with asyncio.TaskGroup() as group:
            for one in watched:
                group.create_task(one.run(contenders))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    except asyncio.CancelledError:
        _say("Stopped.")
    return code


def _port(host: str, server: VLLMServer, rows: Sequence[Contender]) -> int:
    """Return the port at which these contenders were served last if it is free, else any free one."""
    last = (Endpoint.of(row).port for row in rows if row.slug in server.slugs)
    for port in (*last, 0):
        if port is not None and (free := _free(host, port)):
            return free
    raise BadConfiguration(f"No port is free on {host}.")


def _free(host: str, port: int) -> int | None:
    try:
        with socket.create_server((host, port)) as taken:
            return int(taken.getsockname()[1])
    except OSError:
        return None


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
