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
from arena.battles.rounds import Rounds
from arena.board.method import METHOD
from arena.contenders.check import activate_checked
from arena.contenders.demo import demo_contenders
from arena.contenders.endpoint import ALLOW, Endpoint, out_of_reach
from arena.contenders.file import read_contenders
from arena.contenders.local_servers import LocalModel, find_local_models
from arena.contenders.opened import OpenContenders
from arena.contenders.register import Contenders
from arena.db import queries
from arena.db.migrate import open_database
from arena.db.presence import present
from arena.db.session import Database
from arena.db.tables import Contender
from arena.errors import ArenaError
from arena.leaks.meter import LeakMeter
from arena.leaks.monthly import MonthlyMeasurement
from arena.moderation.moderators import open_moderation
from arena.operations.connections import ConnectionLimits
from arena.operations.http_server import address_of, listen, run_server, serve_app
from arena.operations.log_lines import write_log_lines
from arena.settings import Settings
from arena.voters.upkeep import EVERY_S as UPKEEP_EVERY_S
from arena.voters.upkeep import Upkeep
from arena.web.trusted_networks import TrustedNetworks, address_in
from generation.errors import GenerationError


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0 for all of this machine's")
    parser.add_argument("--port", type=_port, default=7860, help="default: 7860")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Serve until stopped; return 0 after SIGTERM, 130 after Ctrl-C."""
    settings = Settings.from_env(environment)
    write_log_lines()
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
        ending.enter_context(present(database, if_alone=lambda: close_left_over(database)))
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
        from arena.operations.serving_checks import ServingChecks
        from arena.suspicion.watch import Watch
        from arena.voters.consent import Consents
        from arena.voters.retention import EVERY_S as RETENTION_EVERY_S
        from arena.voters.retention import Retention
        from arena.web.app import create_app
        from arena.web.notice import notice_of

        moderation = open_moderation(settings, environment)
        ending.push_async_callback(moderation.aclose)
        consents = Consents(database, notice_of(settings))
        battles = Battles(database, open_contenders, settings=settings, moderation=moderation, consents=consents)
        ending.push_async_callback(battles.aclose)
        background = [
            Cooldowns(database, open_contenders).rounds,
            Rounds("erase what was kept long enough", Retention(database, settings).round, every_s=RETENTION_EVERY_S),
            Rounds(
                "look after voters' keys and quotas", Upkeep(database, battles.admission).work, every_s=UPKEEP_EVERY_S
            ),
            Watch(database, every_s=settings.detect_every_s).rounds,
            MonthlyMeasurement(LeakMeter(database)).rounds,
        ]
        for rounds in background:
            rounds.begin()
            ending.push_async_callback(rounds.aclose)
        checks = ServingChecks(database, contenders, open_contenders, every_h=settings.check_every_h)
        await checks.begin()
        ending.push_async_callback(checks.aclose)
        standings = Standings(database, refresh_s=settings.leaderboard_refresh_s)
        app = create_app(
            battles,
            standings,
            settings=settings,
            background=[*background, battles.rounds, *checks.rounds],
            open_contenders=open_contenders,
        )
        registered = contenders.list()

        async def announce() -> None:
            print(f"{settings.title} is ready: {address_of(listener)}", flush=True)
            await _offer_local_models(registered, own_port=listener.getsockname()[1])

        return await serve_app(app, listener, on_ready=announce, limits=limits_of(settings))


def limits_of(settings: Settings) -> ConnectionLimits:
    """Return what one visitor may use of the server. A proxy's address is that of many visitors."""
    proxies = TrustedNetworks.parse(settings.trusted_proxies)
    return ConnectionLimits(
        per_address=settings.max_connections_per_address, unlimited=lambda text: address_in(text) in proxies
    )


def close_left_over(database: Database) -> None:
    """End the replies of a process that was killed while it wrote them."""
    with database.writing() as session:
        number = queries.interrupt_all_replies(session)
    if number:
        _say(f"{number} {'reply' if number == 1 else 'replies'} of the last run had not ended; now interrupted.")


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
