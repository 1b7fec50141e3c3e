"""`arena generate report`: write one HTML page about a run.

arena generate report datasets/alpaca --language ko
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from generation.report import ReportLanguage, write_report


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("run", type=Path, metavar="DIR", help="the run folder")
    parser.add_argument("--language", choices=get_args(ReportLanguage), default="en", help="of the page (default: en)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the page (default: DIR/report.html)")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Write the page and print where it is."""
    page = args.out or args.run / "report.html"
    write_report(args.run, page, language=args.language)
    print(page)
    return 0
