"""`arena generate convert`: turn instruction data from one format into another without a loss.

arena generate convert alpaca.json messages.jsonl --to messages
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from generation.dataset import Manifest, bad_rows, read_jsonl, rejects_path, write_jsonl, write_rows
from generation.formats import JOINER, FormatName, Misfit, convert, detect, listed


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", type=Path, metavar="FILE", help="JSONL, or one JSON array")
    parser.add_argument("target", type=Path, metavar="OUT", help="JSONL; one JSON array if its name ends in .json")
    parser.add_argument("--to", required=True, choices=get_args(FormatName), help="the format to write")
    parser.add_argument(
        "--joiner",
        default=JOINER.replace("\n", "\\n"),
        metavar="TEXT",
        help="goes between an Alpaca row's instruction and input where they become one prompt, and is kept in the "
        "row for the way back (default: %(default)s)",
    )
    parser.add_argument("--skip-bad", action="store_true", help="leave faulty rows out, into *.rejected.jsonl")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Write the rows in the wanted format, with a manifest, and say what was read."""
    rows = read_jsonl(args.source, skip_bad=args.skip_bad)
    source = detect(args.source, rows)
    print(f"{args.source}: {len(rows)} rows with {listed(rows[0])}, which is {source}", file=sys.stderr)
    converted = convert(rows, source=source, target=args.to, joiner=args.joiner.replace("\\n", "\n"))
    misfits = {number: row for number, row in enumerate(converted, 1) if isinstance(row, Misfit)}
    if misfits and not args.skip_bad:
        raise bad_rows(args.source, [f"row {number}: {misfit}" for number, misfit in misfits.items()], of=len(rows))
    if misfits:
        rejected = ({"place": f"row {n}", "fault": str(misfit), "row": rows[n - 1]} for n, misfit in misfits.items())
        write_jsonl(rejects_path(args.target), rejected)
    good = [row for row in converted if not isinstance(row, Misfit)]
    write_rows(args.target, good)
    Manifest.derived(args.source, args.target, rows=len(good), format=args.to).write_beside(args.target)
    print(f"{args.target}: {len(good)} rows, {args.to}", file=sys.stderr)
    return 0
