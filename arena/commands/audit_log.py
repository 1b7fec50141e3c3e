"""`arena audit-log`: show the log of acts that bear on what readers see, and verify that nobody altered it."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from arena.audit_log.log import AuditLog
from arena.audit_log.verification import verify, verify_file
from arena.commands.columns import aligned
from arena.commands.database import opened_database
from arena.db.audit_tables import AuditEntry

Environment = Mapping[str, str]
HEAD = ("number", "at", "act", "subject", "who", "from", "details")
LONGEST = 120  # characters of details in a table


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their flags."""
    actions = parser.add_subparsers(required=True, metavar="action")

    def action(name: str, about: str, run: Callable[[argparse.Namespace, Environment], int]) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        added.set_defaults(action=run)
        return added

    verifier = action(
        "verify", "compute all hashes again; the exit code is 0 if every row is what was recorded, else 1", _verify
    )
    verifier.add_argument(
        "--head",
        nargs="+",
        default=[],
        metavar="HASH",
        help="heads that were noted elsewhere; without one, rows cut off at the end are not noticed",
    )
    verifier.add_argument("--file", type=Path, help="verify a copy of the public log instead; needs no database")

    shower = action("show", "show what was done, the newest first", _show)
    shower.add_argument("--limit", type=_positive, default=50, metavar="N", help="how many rows; default: 50")
    shower.add_argument("--before", type=_positive, metavar="NUMBER", help="only rows before this one")
    shower.add_argument("--json", action="store_true", help="print JSON, with all that a row holds")


def run(args: argparse.Namespace, environment: Environment) -> int:
    """Run the chosen action and return its exit code."""
    code: int = args.action(args, environment)
    return code


def _verify(args: argparse.Namespace, environment: Environment) -> int:
    if args.file is not None:
        done = verify_file(args.file, noted=args.head)
    else:
        with opened_database(environment) as database:
            done = verify(database, noted=args.head)
    if done.is_sound:
        print(f"The audit log is sound: {done.head.count} rows, head {done.head.sha256}.")
        if not args.head:
            print("Note this head elsewhere: `verify --head` then tells whether rows were cut off.", file=sys.stderr)
        return 0
    for fault in done.faults:
        print(f"{fault[0].upper()}{fault[1:]}.")
    if done.more:
        print(f"And {done.more} more.")
    print(f"error: the audit log of {done.head.count} rows was altered.", file=sys.stderr)
    return 1


def _show(args: argparse.Namespace, environment: Environment) -> int:
    with opened_database(environment) as database:
        rows = AuditLog(database).newest(limit=args.limit, before=args.before)
    if args.json:
        print(json.dumps([_values(row) for row in rows], indent=2, ensure_ascii=False, allow_nan=False))
    elif rows:
        print(aligned(HEAD, [_cells(row) for row in rows]))
    else:
        print("Nothing was recorded yet.", file=sys.stderr)
    return 0


def _values(row: AuditEntry) -> dict[str, object]:
    names = ("number", "act", "public", "subject", "who", "origin", "previous", "sha256")
    held = {"at": row.at.isoformat(), "details": json.loads(row.details), "withheld": json.loads(row.withheld)}
    return {name: getattr(row, name) for name in names} | held


def _cells(row: AuditEntry) -> tuple[str, ...]:
    details = row.details if len(row.details) <= LONGEST else row.details[: LONGEST - 1] + "…"
    at = f"{row.at:%Y-%m-%d %H:%M:%S}"
    return str(row.number), at, row.act.replace("_", " "), row.subject, row.who, row.origin, details


def _positive(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 1_000_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a row")
    return int(text)
