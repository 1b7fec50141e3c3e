"""`arena generate audit`: have a sample of a run's examples labelled, and print the share of faulty ones.

    arena generate audit runs/alpaca --csv labels.csv

writes the sample as a spreadsheet; fill it in and run the same command again.
"""

import argparse
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

from generation.auditing.audit import Audit
from generation.auditing.audit_csv import read_audit_csv, write_audit_csv

_NAMES = {"any": "faulty somewhere", "task": "invalid task", "input": "unsuitable input", "output": "bad output"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_draw_flags(parser)
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the sample there, or read it back filled in")
    parser.epilog = "`arena audit DIR` opens a page for the same labels."


def add_draw_flags(parser: argparse.ArgumentParser) -> None:
    """Describe what is labelled, and by whom."""
    parser.add_argument("run", type=Path, metavar="DIR", help="the run folder")
    parser.add_argument(
        "--sample", type=_rows, default=200, help="rows to draw (default: 200); an audit that has begun keeps its rows"
    )
    parser.add_argument("--seed", type=int, default=42, help="of the draw (default: 42)")
    parser.add_argument("--by", default="first", metavar="NAME", help="whose labels these are (default: first)")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Draw the sample, take over the labels of the CSV file, and print what there is."""
    audit = Audit.begin(args.run, sample=args.sample, seed=args.seed)
    if args.csv and not args.csv.exists():
        write_audit_csv(audit, args.csv, by=args.by)
        print(f"Wrote {len(audit.rows)} rows to {args.csv}. Fill in yes or no, then run this command again.")
    elif args.csv:
        _take_over(audit, args.csv, by=args.by)
    print_results(audit)
    return 0


def print_results(audit: Audit) -> None:
    """Print each person's shares with their intervals, and how far two people agree."""
    for person in audit.people:
        shares = audit.shares(by=person)
        print(f"{person}: {shares['any'].of} of {len(audit.rows)} rows labelled")
        for field, name in _NAMES.items():
            print(f"  {name:<17} {shares[field]}")
    for one, other in combinations(audit.people, 2):
        print(f"{one} and {other}:")
        for field, agreement in audit.agreement(one, other).items():
            kappa = "undefined" if agreement.kappa is None else f"{agreement.kappa:.2f}"
            print(f"  {field:<17} the same on {agreement.same} of {agreement.of}, kappa {kappa}")


def _take_over(audit: Audit, path: Path, *, by: str) -> None:
    known = audit.labels(by=by)
    for number, labels in read_audit_csv(audit, path).items():
        for field, valid in labels.items():
            if known.get(number, {}).get(field) != valid:
                audit.label(number, field, valid, by=by)


def _rows(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows; give 1 or more")
    return int(text)
