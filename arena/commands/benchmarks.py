"""`arena benchmarks`: import results of automatic benchmarks, to be shown beside the ratings."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from arena.commands.columns import aligned
from arena.commands.database import opened_database
from arena.exchange.benchmark_results import IDENTITY, BenchmarkResults

SHOWN = (*IDENTITY, "value", "error", "source")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their flags."""
    actions = parser.add_subparsers(required=True, metavar="action")
    importer = actions.add_parser("import", help="store a file's figures, all or none")
    importer.set_defaults(action=_import)
    importer.add_argument(
        "file",
        type=Path,
        help="results_*.json of lm-evaluation-harness, JSON of the Open LLM Leaderboard, or a .csv with model, "
        "benchmark, value, source_url (and setting, metric, filter, submitted_by, date)",
    )
    importer.add_argument("--source", default="", metavar="URL", help="address where these figures are published")
    importer.add_argument(
        "--contender", default="", metavar="SLUG", help="slug of their contender, if the file has another name for it"
    )
    importer.add_argument("--ran-by", default="", metavar="NAME", help="who measured")
    importer.add_argument("--dry-run", action="store_true", help="only say what the file holds")
    lister = actions.add_parser("list", help="show the newest figure of each measurement")
    lister.set_defaults(action=_list)
    lister.add_argument("--json", action="store_true", help="print JSON instead of a table")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Run the chosen action and return its exit code."""
    with opened_database(environment) as database:
        code: int = args.action(args, BenchmarkResults(database))
    return code


def _import(args: argparse.Namespace, results: BenchmarkResults) -> int:
    report = results.take(
        args.file, source=args.source, contender=args.contender, ran_by=args.ran_by, dry_run=args.dry_run
    )
    stored = "would be stored" if args.dry_run else "stored"
    print(f"{report.num_figures} figures of {', '.join(report.contenders)} {stored}.")
    if report.unknown:
        print(f"Not contenders of this arena: {', '.join(report.unknown)}.")
    return 0


def _list(args: argparse.Namespace, results: BenchmarkResults) -> int:
    rows = [{name: getattr(row, name) for name in SHOWN} for row in results.list()]
    if args.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False))
    elif rows:
        print(aligned(SHOWN, [tuple("" if value is None else str(value) for value in row.values()) for row in rows]))
    else:
        print("No results yet: `arena benchmarks import` imports them.", file=sys.stderr)
    return 0
