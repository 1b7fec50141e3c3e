"""`arena leaks`: measure how well contenders can be recognised before the vote, and show the figures."""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict

from arena.clock import now
from arena.commands.columns import aligned
from arena.commands.database import opened_database
from arena.leaks.channels import CHANNELS
from arena.leaks.meter import FEWEST_PROMPTS, FEWEST_REPLIES, LeakMeter, LeakReport, bounds_of, month_before, month_of
from arena.leaks.recognition import Recognised

Environment = Mapping[str, str]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their flags."""
    actions = parser.add_subparsers(required=True, metavar="action")
    measure = actions.add_parser(
        "measure", help="measure a month; the figures are kept and shown on the transparency page"
    )
    measure.add_argument("--month", metavar="YYYY-MM", help="default: last month; `now` for this one so far")
    measure.add_argument("--json", action="store_true", help="print it as JSON")
    measure.set_defaults(action=_measure)


def run(args: argparse.Namespace, environment: Environment) -> int:
    """Run the chosen action and return its exit code."""
    code: int = args.action(args, environment)
    return code


def _measure(args: argparse.Namespace, environment: Environment) -> int:
    month = month_of(now()) if args.month == "now" else args.month or month_before(now())
    bounds_of(month)  # before a database is opened, or even made
    with opened_database(environment) as database:
        report = LeakMeter(database).measure(month)
    if args.json:
        print(json.dumps(asdict(report), indent=2, allow_nan=False))
        return 0
    _print(report)
    return 0


def _print(report: LeakReport) -> None:
    if not report.is_measured:
        print(
            f"Not yet: in {report.month} there are not two contenders with {FEWEST_REPLIES} answers each to "
            f"{FEWEST_PROMPTS} different prompts."
        )
    else:
        print(
            f"How often contenders are recognised before the vote, {report.month}; guessing is right half of the time."
        )
        rows = [
            (slug, str(channels["text"].replies), *(_cell(channels[name]) for name in CHANNELS))
            for slug, channels in sorted(report.recognised.items())
        ]
        print(aligned(("contender", "answers", *CHANNELS), rows))
    for slug, count in report.too_few.items():
        print(f"{slug}: {count} answers are too few.", file=sys.stderr)


def _cell(found: Recognised) -> str:
    return f"{found.share:.0%} ({found.lower:.0%} to {found.upper:.0%})"
