"""`arena train diff make BASE TUNED OUT` and `arena train diff apply BASE DIFF OUT`."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the actions."""
    actions = parser.add_subparsers(required=True, metavar="action", dest="action")
    for name, about, other in (
        ("make", "write what a fine-tune changed of its base, as a folder", "TUNED"),
        ("apply", "write the fine-tune, from its base and the difference", "DIFF"),
    ):
        action = actions.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        action.add_argument("base", type=Path, metavar="BASE", help="the folder of the base")
        action.add_argument("other", type=Path, metavar=other, help="the folder of the other weights")
        action.add_argument("out", type=Path, metavar="OUT", help="the folder to write")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Make a difference or apply one."""
    from training.weight_diff import apply_diff, make_diff

    {"make": make_diff, "apply": apply_diff}[args.action](args.base, args.other, args.out)
    print(f"{args.out} is written.", file=sys.stderr)
    return 0
