"""`arena contenders`: register, check, activate, pause and retire contenders."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from arena.commands import contenders_add, contenders_serve
from arena.commands.columns import aligned
from arena.commands.database import opened_database
from arena.contenders.check import PARTS, CheckReport, PartResult, activate_checked, check_and_note
from arena.contenders.endpoint import Endpoint, EndpointLimits, refuse_out_of_reach
from arena.contenders.example import example_file, reference_text
from arena.contenders.file import read_contenders
from arena.contenders.opened import OpenContenders
from arena.contenders.register import Contenders
from arena.db.session import Database
from arena.db.states import ContenderStatus
from arena.db.tables import Contender
from arena.errors import BadConfiguration, ContenderUnfit, WrongStatus
from arena.operations.figures import Figures, Quantiles, recent_figures
from arena.operations.serving_checks import is_served, reports_of_server
from arena.settings import Settings

Environment = Mapping[str, str]
Result = TypeVar("Result")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their flags."""
    actions = parser.add_subparsers(required=True, metavar="action")

    def action(name: str, about: str, run: Callable[[argparse.Namespace, Environment], int]) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        added.set_defaults(action=run)
        return added

    sync = action("sync", "register and update the contenders that a file names", _sync)
    sync.add_argument("file", nargs="?", type=Path, help="default: contenders.toml")

    contenders_add.configure(
        action("add", "register contenders as candidates, and write them into the contenders file", contenders_add.run)
    )

    action("list", "show all contenders", _list)

    check = action("check", "send each contender a few tiny requests and report what is odd", _check)
    check.add_argument("slugs", nargs="*", metavar="slug", help="default: all that are not retired")
    check.add_argument("--json", action="store_true", help="print the results as JSON")
    check.add_argument("--here", action="store_true", help="check from this process, even while the arena is served")

    activate = action("activate", "check contenders and let those that pass be drawn", _activate)
    activate.add_argument("slugs", nargs="*", metavar="slug")
    activate.add_argument("--all", action="store_true", help="all candidates")
    activate.add_argument("--here", action="store_true", help="check from this process, even while the arena is served")
    activate.add_argument("--unchecked", action="store_true", help="do not check them; needs a --reason, which is kept")
    activate.add_argument("--reason", help="why they are activated unchecked")

    for name, about, run in (
        ("pause", "stop drawing contenders for now", _pause),
        ("retire", "stop drawing contenders for good; their votes stay", _retire),
    ):
        mover = action(name, about, run)
        mover.add_argument("slugs", nargs="+", metavar="slug")
        mover.add_argument("--reason", default="by hand", help="kept with the date and shown")

    contenders_serve.configure(action("serve", "serve contenders from their folders with vLLM", contenders_serve.run))

    status = action("status", "show failures, timeouts and latency of each contender", _status)
    status.add_argument("--days", type=float, default=7, help="how far back; default: 7")
    status.add_argument("--json", action="store_true", help="print it as JSON")

    history = action("history", "show all changes of status, with date and reason", _history)
    history.add_argument("--json", action="store_true", help="print it as JSON")

    action("example", "print a documented contenders file", _example)
    action("reference", "print the meaning and the allowed values of each key of a contenders file", _reference)


def run(args: argparse.Namespace, environment: Environment) -> int:
    """Run the chosen action and return its exit code."""
    code: int = args.action(args, environment)
    return code


def _sync(args: argparse.Namespace, environment: Environment) -> int:
    settings = Settings.from_env(environment)
    entries = read_contenders(args.file or settings.contenders)
    refuse_out_of_reach(map(Endpoint.of, entries), settings.reach)
    with _contenders(environment) as contenders:
        report = contenders.sync(entries)
        rows = contenders.list()
    candidates = [row.slug for row in rows if row.status is ContenderStatus.CANDIDATE]
    for name, slugs in asdict(report).items():
        if slugs:
            print(f"{name.replace('_', ' ') + ':':<10} {', '.join(slugs)}")
    if report.absent:
        _say("Absent ones are left alone; `arena contenders pause` or `retire` takes them out.")
    if report.new_versions:
        _say("One that may answer differently is a new version with votes of its own; the former one is retired.")
    if report.changed:
        _say("Changed ones keep their status; `arena contenders check` tests whether they still answer.")
    if candidates:
        _say("Candidates are not drawn yet: run `arena contenders activate --all`.")
    _say_contradictions(rows)
    return 0


def _list(_args: argparse.Namespace, environment: Environment) -> int:
    with _contenders(environment) as contenders:
        rows = contenders.list()
    if not rows:
        _say("No contenders yet: `arena contenders add URL MODEL`, or `arena contenders sync`.")
        return 0
    head = ("slug", "status", "since", "reason", "label", "licence", "lineage")
    print(aligned(head, [_row_of_list(row) for row in rows]))
    return 0


def _row_of_list(row: Contender) -> Sequence[str]:
    since = row.status_at.strftime("%Y-%m-%d")
    return row.slug, row.status, since, row.status_reason, row.label, row.licence or "unknown", row.lineage


def _check(args: argparse.Namespace, environment: Environment) -> int:
    with opened_database(environment) as database:
        contenders = Contenders(database, public=Settings.from_env(environment).public)
        everyone = [row for row in contenders.list() if row.status is not ContenderStatus.RETIRED]
        chosen = contenders.named(args.slugs) if args.slugs else everyone
        if not chosen:
            raise ContenderUnfit("There is no contender to check.", hint="Register one: arena contenders add URL MODEL")
        checks = _checked_where_replies_are_made(database, contenders, chosen, environment, here=args.here)
    if args.json:
        print(
            json.dumps(
                [asdict(check) | {"passed": check.passed} for check in checks],
                indent=2,
                ensure_ascii=False,
                allow_nan=False,
            )
        )
    else:
        print(table_of(checks))
    _say_contradictions(everyone)
    return 0 if all(check.passed for check in checks) else 1


def _say_contradictions(rows: Iterable[Contender]) -> None:
    """Print which contenders state different limits for one endpoint."""
    limits = EndpointLimits(row for row in rows if row.status is not ContenderStatus.RETIRED)
    for sentence in limits.contradictions():
        _say(f"warning: {sentence}")


def table_of(checks: Sequence[CheckReport]) -> str:
    """Return a table with one row for each check, and below it everything odd."""
    head = ("slug", *PARTS, "first token", "total")
    odd = [f"{check.slug}: {sentence}" for check in checks for sentence in _oddities(check)]
    return "\n".join([aligned(head, [_row_of_check(check) for check in checks]), *([""] if odd else []), *odd])


def _row_of_check(check: CheckReport) -> Sequence[str]:
    verdicts = (finding.verdict for finding in check.findings)
    return check.slug, *verdicts, _seconds(check.first_token_s), _seconds(check.total_s)


def _oddities(check: CheckReport) -> Iterator[str]:
    if check.fault:
        yield "fault: " + " → ".join(" ".join(part.split()) for part in (check.fault, check.hint) if part)
    if warnings := [finding.detail for finding in check.findings if finding.verdict is PartResult.WARNING]:
        yield "; ".join(warnings)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"


def _activate(args: argparse.Namespace, environment: Environment) -> int:
    if bool(args.slugs) == args.all:
        raise BadConfiguration("Name the contenders to activate, or give --all for all candidates.")
    with opened_database(environment) as database:
        contenders = Contenders(database, public=Settings.from_env(environment).public)
        candidates = [row for row in contenders.list() if row.status is ContenderStatus.CANDIDATE]
        chosen = candidates if args.all else contenders.named(args.slugs)
        _refuse_retired(chosen)
        if args.unchecked:
            return _activate_unchecked(contenders, [row.slug for row in chosen], args.reason)
        checks = _checked_where_replies_are_made(
            database, contenders, chosen, environment, here=args.here, activates=True
        )
    if checks:
        print(table_of(checks))
    else:
        _say("There is no candidate to activate.")
    failed = [check.slug for check in checks if not check.passed]
    if failed:
        raise ContenderUnfit(
            f"Not activated: {', '.join(failed)}. The table says what is wrong.",
            hint="Mend it, then run `arena contenders activate` again.",
        )
    return 0


def _activate_unchecked(contenders: Contenders, slugs: Sequence[str], reason: str | None) -> int:
    if not (reason or "").strip():
        raise BadConfiguration("To activate without a check, say why: --reason …", hint="It is kept and shown.")
    for slug in slugs:
        print(f"{slug} is {contenders.activate(slug, str(reason), unchecked=True).status}.")
    return 0


def _refuse_retired(rows: Sequence[Contender]) -> None:
    if retired := [row.slug for row in rows if row.status is ContenderStatus.RETIRED]:
        raise WrongStatus(
            f"Retired for good: {', '.join(retired)}.", hint="Register it again under another slug to bring it back."
        )


def _pause(args: argparse.Namespace, environment: Environment) -> int:
    with _contenders(environment) as contenders:
        contenders.named(args.slugs)
        for slug in args.slugs:
            print(f"{slug} is {contenders.pause(slug, args.reason).status}.")
    return 0


def _retire(args: argparse.Namespace, environment: Environment) -> int:
    with _contenders(environment) as contenders:
        contenders.named(args.slugs)
        for slug in args.slugs:
            print(f"{slug} is {contenders.retire(slug, args.reason).status}.")
    return 0


def _status(args: argparse.Namespace, environment: Environment) -> int:
    with opened_database(environment) as database:
        figures = recent_figures(database, days=args.days)
    if args.json:
        print(json.dumps([asdict(one) for one in figures], indent=2, default=str, allow_nan=False))
        return 0
    head = ("slug", "status", "rests until", "replies", "failed", "timeouts", "first token", "p95", "whole", "p95")
    print(aligned((*head, "queued", "usd", "today", "checked", "why"), [_row_of_figures(one) for one in figures]))
    errors = [
        f"{one.slug}, {one.last_error_at:%Y-%m-%d %H:%M}: {one.last_error}" for one in figures if one.last_error_at
    ]
    if errors:
        print("\nThe last error of each:", *errors, sep="\n")
    return 0


def _row_of_figures(one: Figures) -> Sequence[str]:
    ended = one.finished + one.failed
    return (
        one.slug,
        one.status,
        f"{one.rests_until:%H:%M:%S}" if one.rests_until else "-",
        str(one.finished),
        f"{one.failed} ({one.failed / ended:.0%})" if one.failed else "0",
        str(one.timeouts),
        *(_seconds(value) for took in (one.first_token_s, one.whole_s) for value in _both(took)),
        str(one.queued),
        f"{one.usd:.2f}",
        "-" if one.usd_per_day is None else f"{one.usd_today:.2f} of {one.usd_per_day:.2f}",
        f"{one.checked_at:%Y-%m-%d %H:%M} {'passed' if one.passed else 'failed'}" if one.checked_at else "never",
        ", ".join(f"{kind} {count}" for kind, count in sorted(one.failures.items())) or "-",
    )


def _both(took: Quantiles | None) -> tuple[float | None, float | None]:
    return (took.median, took.p95) if took else (None, None)


def _history(args: argparse.Namespace, environment: Environment) -> int:
    with _contenders(environment) as contenders:
        changes = contenders.history()
    rows = [(change.at.strftime("%Y-%m-%d %H:%M"), change.slug, change.status, change.reason) for change in changes]
    head = ("at", "slug", "status", "reason")
    print(
        json.dumps([dict(zip(head, row, strict=True)) for row in rows], indent=2, allow_nan=False)
        if args.json
        else aligned(head, rows)
    )
    return 0


def _example(_args: argparse.Namespace, _environment: Environment) -> int:
    print(example_file(), end="")
    return 0


def _reference(_args: argparse.Namespace, _environment: Environment) -> int:
    print(reference_text(), end="")
    return 0


@contextmanager
def _contenders(environment: Environment) -> Iterator[Contenders]:
    with opened_database(environment) as database:
        yield Contenders(database, public=Settings.from_env(environment).public)


def _checked_where_replies_are_made(
    database: Database,
    contenders: Contenders,
    chosen: Sequence[Contender],
    environment: Environment,
    *,
    here: bool,
    activates: bool = False,
) -> Sequence[CheckReport]:
    """Return the reports of checks by the serving process, or by this one where none serves or it is wanted `here`."""
    if chosen and not here and is_served(database):
        _say("The arena is being served, so the serving process makes the checks.")
        slugs = [row.slug for row in chosen]
        done = reports_of_server(database, slugs, activates=activates, on_report=_say_progress)
        if done is not None:
            for row, report in zip(chosen, done, strict=True):
                _say_lone_key(row, report, environment)
            return done
        _say("The serving process ended before it was done, so this process makes the checks.")
    check = activate_checked if activates else check_and_note
    return _with_backends(environment, lambda opened: check(contenders, chosen, opened))


def _say_progress(report: CheckReport) -> None:
    _say(f"  {report.slug}: {'passed' if report.passed else 'failed'}")


def _say_lone_key(row: Contender, report: CheckReport, environment: Environment) -> None:
    """Say so where only this shell has the key that the serving process lacks."""
    lacking = any(part.name == "key" and part.verdict is PartResult.FAULT for part in report.findings)
    if lacking and environment.get(row.api_key_env):
        _say(
            f"warning: {row.slug}: this shell has {row.api_key_env}, and the serving process has not: it began with "
            "another environment. Restart it, or put the key into a file and name that as `key_file`."
        )


def _with_backends(environment: Environment, ask: Callable[[OpenContenders], Coroutine[Any, Any, Result]]) -> Result:
    """Run `ask` in a new event loop, and close the backends that it opened."""

    async def run_and_close() -> Result:
        open_contenders = OpenContenders(environment, reach=Settings.from_env(environment).reach)
        try:
            return await ask(open_contenders)
        finally:
            await open_contenders.aclose()

    return asyncio.run(run_and_close())


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
