"""`arena generate fetch`: download published data that may not be shipped here, once its terms are accepted.

arena generate fetch alpaca --accept-terms --to data
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

from generation.licences import PUBLISHED, fetch


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    names = "; ".join(f"{name}: {published.about} ({published.licence})" for name, published in PUBLISHED.items())
    parser.add_argument("name", choices=PUBLISHED, help=names)
    parser.add_argument("--to", type=Path, default=Path("data"), metavar="FOLDER", help="where to put it (data)")
    parser.add_argument("--accept-terms", action="store_true", help="you have read the terms and accept them")
    parser.add_argument("--mirror", metavar="URL", help="fetch the same file from here; it is checked all the same")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Show the terms; with them accepted, fetch the file and print where it is."""
    published = PUBLISHED[args.name]
    print(published.notice())
    if not args.accept_terms:
        print("Nothing was fetched. If you accept these terms, run this again with --accept-terms.")
        return 1
    print(f"Saved {fetch(published, args.to, url=args.mirror)}, with its licence beside it.")
    return 0
