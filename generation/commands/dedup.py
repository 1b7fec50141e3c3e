"""`arena generate dedup`: offer candidates to a pool of instructions, and say which of them are new.

arena generate dedup --pool pool.jsonl --candidates new.jsonl --json
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from generation.candidates.near_duplicates import THRESHOLD, NearDuplicates
from generation.candidates.rouge import Profile
from generation.dataset import read_jsonl


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--pool", type=Path, required=True, metavar="FILE", help="JSONL with an `instruction` a row")
    parser.add_argument(
        "--candidates", type=Path, required=True, metavar="FILE", help="JSONL too; the rows are tried in order"
    )
    parser.add_argument(
        "--profile",
        choices=get_args(Profile),
        default="unicode",
        help="what counts as a token: every script's, or only a-z and 0-9 as published (default: unicode)",
    )
    parser.add_argument("--threshold", type=float, default=THRESHOLD, help="highest ROUGE-L F that is accepted (0.7)")
    parser.add_argument("--skip-bad", action="store_true", help="leave faulty rows out, into FILE.rejected.jsonl")
    parser.add_argument("--json", action="store_true", help="print one JSON object a candidate: accept, nearest, score")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Print a line for each candidate; accepted ones join the pool."""
    pool = NearDuplicates(args.profile, args.threshold)
    for row in read_jsonl(args.pool, texts=["instruction"], skip_bad=args.skip_bad):
        pool.add(row["instruction"])
    candidates = read_jsonl(args.candidates, texts=["instruction"], skip_bad=args.skip_bad)
    accepted = 0
    for row in candidates:
        offer = pool.offer(row["instruction"])
        accepted += offer.accepted
        nearest, score = (pool.texts[offer.nearest.index], offer.nearest.score) if offer.nearest else (None, 0.0)
        if args.json:
            print(json.dumps({"accept": offer.accepted, "nearest": nearest, "score": score}, ensure_ascii=False))
        elif not offer.accepted:
            print(f"{score:.3f}  {row['instruction']!r} is too similar to {nearest!r}")
    if not args.json:
        print(f"{accepted} of {len(candidates)} candidates are new; the pool has {len(pool.texts)} instructions.")
    return 0
