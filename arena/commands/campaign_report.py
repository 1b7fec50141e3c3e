"""`arena campaign report` and `replay`: make a report from an export folder, and make it again to compare."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from arena.campaigns.report.making import PAGE, REPORT, replay_report, write_report

Environment = Mapping[str, str]


def configure_report(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `report`."""
    parser.add_argument("folder", type=Path, help="what `arena campaign export` wrote")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help=f"default: {REPORT} in it")


def run_report(args: argparse.Namespace, environment: Environment) -> int:
    """Write the report and say where it is."""
    files = write_report(args.folder, args.out)
    target = args.out or args.folder / REPORT
    print(f"{target / PAGE}")
    print(f"Beside it: {', '.join(name for name in files if name != PAGE)}.", file=sys.stderr)
    return 0


def configure_replay(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `replay`."""
    parser.add_argument("folder", type=Path, help="what `arena campaign export` wrote, with its report")
    parser.add_argument("--report", type=Path, metavar="FOLDER", help=f"the report; default: {REPORT} in it")


def run_replay(args: argparse.Namespace, environment: Environment) -> int:
    """Make the report again; 0 if it is the same byte for byte, 1 otherwise."""
    replay = replay_report(args.folder, args.report)
    if replay.different:
        print(f"{len(replay.different)} of {replay.files} files differ: {', '.join(replay.different)}.")
        return 1
    print(f"{args.report or args.folder / REPORT}: identical, {replay.files} files.")
    return 0
