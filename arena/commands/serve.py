"""`arena serve`: opens the database, registers contenders in an empty arena, and serves the pages."""

import argparse
import socket
import sys
import warnings
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from arena.audit_log.settings_in_force import note_settings
from arena.battles.cooldowns import Cooldowns
from arena.board.method import METHOD
from arena.contenders.check import activate_checked
from arena.contenders.demo import demo_contenders
from arena.contenders.endpoint import ALLOW, Endpoint, out_of_reach
from arena.contenders.file import read_contenders
from arena.contenders.local_servers import LocalModel, find_local_models
from arena.contenders.opened import OpenContenders
from arena.contenders.register import Contenders
from arena.db.migrate import open_database
from arena.db.tables import Contender
from arena.errors import ArenaError
from arena.leaks.meter import LeakMeter
from arena.leaks.monthly import MonthlyMeasurement
from arena.moderation.moderators import open_moderation
from arena.operations.http_server import address_of, listen, run_server, serve_app
from arena.settings import Settings
from generation.errors import GenerationError


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for all of this machine's")
    parser.add_argument("--port", type=_port, default=7860, help="default: 7860")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Serve until stopped; return 0 after SIGTERM, 130 after Ctrl-C."""
    settings = Settings.from_env(environment)
    # Gradio's warnings concern its own code; an operator can do nothing about them.
    warnings.filterwarnings("ignore", module="gradio")
    with listen(args.host, args.port) as listener:
        _say(f"Starting {settings.title} …")
        return run_server(_serve(settings, environment, listener))


async def _serve(settings: Settings, environment: Mapping[str, str], listener: socket.socket) -> int:
    async with AsyncExitStack() as ending:
        database = open_database(settings)
        ending.callback(database.close)
        note_settings(database, settings, method=METHOD)
        open_contenders = OpenContenders(environment, reach=settings.reach)
        ending.push_async_callback(open_contenders.aclose)
        contenders = Contenders(database, public=settings.public)
        await enter_first_contenders(contenders, settings, open_contenders)
        for row in contenders.pause_unacknowledged():
            _say(f"warning: {row.slug} is paused: {row.status_reason}.")
        await _open_active(contenders, open_contenders)

        # Imported late: Gradio and SciPy take seconds, and the errors above should come first.
        from arena.battles.battles import Battles
        from arena.board.standings import Standings
        from arena.web.app import create_app

        moderation = open_moderation(settings, environment)
        ending.push_async_callback(moderation.aclose)
        battles = Battles(database, open_contenders, settings=settings, moderation=moderation)
        ending.push_async_callback(battles.aclose)
        probing = Cooldowns(database, open_contenders).rounds
        probing.begin()
        ending.push_async_callback(probing.aclose)
        leaks = MonthlyMeasurement(LeakMeter(database)).rounds
        leaks.begin()
        ending.push_async_callback(leaks.aclose)
        standings = Standings(database, refresh_s=settings.leaderboard_refresh_s)
        app = create_app(battles, standings, settings=settings, background=[probing, battles.rounds, leaks])
        registered = contenders.list()

        async def announce() -> None:
            print(f"{settings.title} is ready: {address_of(listener)}", flush=True)
            await _offer_local_models(registered, own_port=listener.getsockname()[1])

        return await serve_app(app, listener, on_ready=announce)


async def enter_first_contenders(contenders: Contenders, settings: Settings, open_contenders: OpenContenders) -> None:
    """If no contender is registered, register, check and activate those of the contenders file, or else the demo's.

    Raises:
        BadConfiguration: the contenders file has faults.
    """
    if registered := contenders.list():
        _mention_newcomers(settings.contenders, registered)
        return
    from_file = settings.contenders.exists()
    contenders.sync(read_contenders(settings.contenders) if from_file else demo_contenders())
    if from_file:
        _say(f"Checking the contenders of {settings.contenders} …")
    for check in await activate_checked(contenders, contenders.list(), open_contenders):
        if not check.passed:
            _say(f"warning: {check.slug} stays a candidate: {check.fault}")


def _mention_newcomers(file: Path, registered: Sequence[Contender]) -> None:
    """Say which contenders of the file are not registered: after the first start only a sync registers them."""
    try:
        entries = read_contenders(file) if file.exists() else ()
    except ArenaError as error:
        _say(f"warning: {error}")
        return
    newcomers = {entry.slug for entry in entries} - {row.slug for row in registered}
    if newcomers:
        _say(f"Not registered yet: {', '.join(sorted(newcomers))} of {file}. Run `arena contenders sync`.")


async def _open_active(contenders: Contenders, open_contenders: OpenContenders) -> None:
    """Open the active contenders before the first voter has to wait for it, and print warnings about them."""
    active = contenders.active()
    for row in active:
        try:
            open_contenders.get(row)
        except (ArenaError, GenerationError) as error:
            _say(f"warning: {row.slug} cannot answer: {error}")
    for sentence in await out_of_reach(map(Endpoint.of, active), open_contenders.reach):
        _say(f"warning: {sentence} {ALLOW}.")
    if len(active) < 2:
        _say(
            f"warning: a battle needs two active contenders, and there {'is one' if active else 'are none'}. "
            "See `arena contenders list`, then `arena contenders activate SLUG`."
        )


async def _offer_local_models(registered: Sequence[Contender], *, own_port: int) -> None:
    known = {(endpoint.identity, endpoint.model) for endpoint in map(Endpoint.of, registered)}
    found = await find_local_models(own_port=own_port)
    offers = [one for one in found if (Endpoint.at(one.url).identity, one.model) not in known]
    if offers:
        _say("\n".join(["Found on this machine; each line adds one:", *map(_offer, offers)]))


def _offer(model: LocalModel) -> str:
    return f"  {model.command}    # on the usual port of {model.usual_for}"


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give a number from 0 to 65535")
    return int(text)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
