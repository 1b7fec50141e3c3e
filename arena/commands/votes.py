"""`arena votes`: export and import votes, exclude or restore them, decide about those that are held or stand out."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from arena.commands.columns import aligned
from arena.commands.database import opened_database
from arena.commands.votes_suspicion import add_suspicion
from arena.db.states import Held
from arena.db.tables import Exclusion
from arena.errors import BadConfiguration
from arena.exchange.exports import VoteExport
from arena.exchange.imports import VoteImports
from arena.exchange.preferences import PreferenceExport
from arena.exchange.random_ids import operator_key
from arena.exchange.schemas import SCHEMAS
from arena.settings import Settings
from arena.voters.held_votes import held_battles, held_votes
from arena.votes.exclusions import VoteExclusions

Environment = Mapping[str, str]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their flags."""
    actions = parser.add_subparsers(required=True, metavar="action")

    def action(name: str, about: str, run: Callable[[argparse.Namespace, Environment], int]) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        added.set_defaults(action=run)
        return added

    exporter = action(
        "export", "write the votes with their conversations in the columns of a published data set", _export
    )
    exporter.add_argument(
        "--format",
        choices=("csv", "jsonl", "parquet", "preference"),
        required=True,
        help="preference: JSONL of prompt, chosen and rejected, for training (needs --out)",
    )
    exporter.add_argument("--schema", choices=SCHEMAS, default="33k", help="which data set's columns (default: 33k)")
    exporter.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    exporter.add_argument("--with-excluded", action="store_true", help="excluded votes too, with their reason")

    importer = action("import", "store a file of votes as a separate series, apart from the arena's votes", _import)
    importer.add_argument("file", type=Path, help=".csv, .jsonl or .parquet in any of the published schemas")
    importer.add_argument("--series", required=True, metavar="NAME", help="then: arena leaderboard --series NAME")
    importer.add_argument("--dry-run", action="store_true", help="only say what the file holds")

    for name, about in (
        ("exclude", "take votes out of the count; they stay stored"),
        ("restore", "count excluded votes again"),
    ):
        changer = action(name, about, _change)
        changer.set_defaults(change=name)
        changer.add_argument(
            "--battle", type=int, nargs="+", default=[], metavar="ID", help="the votes of these battles"
        )
        changer.add_argument(
            "--voter-of",
            type=int,
            nargs="+",
            default=[],
            metavar="ID",
            help="all votes so far of the voters in these battles",
        )
        if name == "restore":
            changer.add_argument(
                "--held", choices=[*Held], metavar="WHY", help="the votes that are held for this reason"
            )
            changer.add_argument("--network", default="", metavar="HASH", help="with --held: only from this network")
        changer.add_argument("--reason", required=True, help="stored with the date and shown on the pages")

    held = action("held", "show the votes that quotas hold, by reason and network, until somebody decides", _held)
    held.add_argument("--json", action="store_true", help="print JSON instead of a table")
    add_suspicion(action)

    lister = action(
        "list-exclusions", "show all exclusions and restorations, and how many votes are excluded now", _list
    )
    lister.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(args: argparse.Namespace, environment: Environment) -> int:
    """Run the chosen action and return its exit code."""
    code: int = args.action(args, environment)
    return code


def _export(args: argparse.Namespace, environment: Environment) -> int:
    if args.format == "preference":
        return _export_preferences(args, environment)
    key = operator_key(Settings.from_env(environment).home)
    with opened_database(environment) as database:
        export = VoteExport(database, schema=args.schema, with_excluded=args.with_excluded, key=key)
        if args.out is None:
            count = export.write_to(sys.stdout.buffer, kind=args.format)
        else:
            count = export.write(args.out, kind=args.format)
    print(f"{count} votes written.", file=sys.stderr)
    return 0


def _export_preferences(args: argparse.Namespace, environment: Environment) -> int:
    if args.out is None or args.with_excluded:
        raise BadConfiguration(
            "Preferences go to a file with its manifest, and never hold excluded votes.",
            hint="Give --out FILE, and leave --with-excluded out.",
        )
    key = operator_key(Settings.from_env(environment).home)
    with opened_database(environment) as database:
        report = PreferenceExport(database, key=key).write(args.out)
    print(f"{report.num_pairs} pairs written.", file=sys.stderr)
    for reason, count in report.left_out.items():
        print(f"  {count} votes left out: {reason}", file=sys.stderr)
    return 0


def _import(args: argparse.Namespace, environment: Environment) -> int:
    with opened_database(environment) as database:
        report = VoteImports(database).take(args.file, series=args.series, dry_run=args.dry_run)
    stored = "would be stored" if args.dry_run else "stored"
    print(f"{report.num_votes} votes on {len(report.contenders)} contenders {stored} as series `{report.series}`.")
    if report.unknown:
        print(f"Not contenders of this arena: {', '.join(report.unknown)}.")
    return 0


def _change(args: argparse.Namespace, environment: Environment) -> int:
    why: str | None = getattr(args, "held", None)
    if not (args.battle or args.voter_of or why):
        raise BadConfiguration(f"Say which votes to {args.change}.", hint="Give --battle or --voter-of.")
    with opened_database(environment) as database:
        if why:
            args.battle += held_battles(database, why, network=args.network)
        exclusions = VoteExclusions(database)
        change = exclusions.exclude if args.change == "exclude" else exclusions.restore
        done = change(battles=args.battle, voters=exclusions.voters_of(args.voter_of), reason=args.reason)
    print(f"Votes {args.change}d: {done.num_votes}.")
    return 0


def _held(args: argparse.Namespace, environment: Environment) -> int:
    with opened_database(environment) as database:
        groups = held_votes(database)
    if args.json:
        print(json.dumps([group.as_json() for group in groups], indent=2, ensure_ascii=False, allow_nan=False))
        return 0
    if not groups:
        print("No vote is held.", file=sys.stderr)
        return 0
    head = ("why", "network", "voters", "votes", "first", "last", "a battle")
    print(aligned(head, [group.as_row() for group in groups]))
    print("\nTo count those of a row: arena votes restore --held WHY --network NETWORK --reason …")
    print("To count all votes of one voter: arena votes restore --voter-of BATTLE --reason …")
    return 0


def _list(args: argparse.Namespace, environment: Environment) -> int:
    with opened_database(environment) as database:
        exclusions = VoteExclusions(database)
        log, by_reason = exclusions.list(), exclusions.votes_by_reason()
    if args.json:
        print(
            json.dumps(
                {"log": [*map(_entry, log)], "excluded_now": by_reason}, indent=2, ensure_ascii=False, allow_nan=False
            )
        )
        return 0
    if not log:
        print("No vote was ever excluded.", file=sys.stderr)
        return 0
    print(aligned(("when", "what", "votes", "which", "reason"), [_row(row) for row in log]))
    print(f"\nExcluded now: {sum(by_reason.values())}")
    for reason, count in by_reason.items():
        print(f"  {count}  {reason}")
    return 0


def _entry(row: Exclusion) -> dict[str, object]:
    return {
        "at": row.at.isoformat(),
        "action": row.action,
        "num_votes": row.num_votes,
        **row.chosen,
        "reason": row.reason,
    }


def _row(row: Exclusion) -> tuple[str, ...]:
    which = "; ".join(f"{what} {', '.join(map(str, ids))}" for what, ids in row.chosen.items() if ids)
    return f"{row.at:%Y-%m-%d %H:%M}", row.action, str(row.num_votes), which, row.reason
