"""`arena generate clean-sharegpt`: make shared conversations fit to train a Vicuna on.

arena generate clean-sharegpt sharegpt.json clean.json --languages en ko --budget 2048 --tokenizer tokenizer.json
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from generation.candidates.sharegpt import clean
from generation.dataset import Manifest, read_jsonl, write_rows
from generation.errors import BadInput
from generation.languages import LANGUAGES
from generation.token_counts import count_tokens


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("source", type=Path, metavar="FILE", help="conversations in ShareGPT's shape")
    parser.add_argument("target", type=Path, metavar="OUT", help="JSONL; one JSON array if its name ends in .json")
    parser.add_argument(
        "--languages",
        nargs="+",
        choices=LANGUAGES,
        default=[],
        metavar="LANGUAGE",
        help=f"keep only conversations in the script of one of these: {', '.join(LANGUAGES)} (default: all)",
    )
    parser.add_argument("--budget", type=int, metavar="TOKENS", help="split longer conversations between exchanges")
    parser.add_argument(
        "--tokenizer", type=Path, metavar="FILE", help="tokenizer.json to count with (default: an estimate by script)"
    )
    parser.add_argument("--skip-bad", action="store_true", help="leave faulty rows out, into FILE.rejected.jsonl")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Write the clean conversations with a manifest, and say what became of the others."""
    rows = read_jsonl(args.source, skip_bad=args.skip_bad)
    counter = _exact_count(args.tokenizer) if args.tokenizer else count_tokens
    cleaning = clean(rows, languages=args.languages, budget=args.budget, count_tokens=counter)
    write_rows(args.target, cleaning.rows)
    Manifest.derived(
        args.source, args.target, rows=len(cleaning.rows), format="sharegpt", rejected=dict(cleaning.dropped)
    ).write_beside(args.target)
    print(f"{args.target}: {len(cleaning.rows)} conversations from {len(rows)}", file=sys.stderr)
    for title, counts in (("left out", cleaning.dropped), ("mended", cleaning.mended)):
        for reason, times in sorted(counts.items()):
            print(f"  {title}: {reason.replace('_', ' ')} {times}", file=sys.stderr)
    return 0


def _exact_count(path: Path) -> Callable[[str], int]:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers raises the bare class for any fault of the file
        raise BadInput(f"{path} is not a tokenizer.json: {error}.") from error
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)
