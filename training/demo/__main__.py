"""Make the demo contenders.

    python -m training.demo --out arena/demo        # or: make contenders

The base is trained first, on both cores; the others follow two at a time, each in a process with one thread. A table
of measured accuracies is printed at the end.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from generation.errors import GenerationError
from generation.extras import needing

with needing("train", "Training the demo contenders", program=True):
    from training.demo.making import make_all


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0 when all are made."""
    parser = argparse.ArgumentParser(prog="python -m training.demo", description="Make the demo contenders.")
    parser.add_argument("--out", type=Path, required=True, help="folder for the contenders; those there are replaced")
    args = parser.parse_args(argv)
    started = time.monotonic()
    try:
        made = make_all(args.out)
    except GenerationError as error:
        sys.stderr.write(f"error: {error}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
        return error.exit_code
    sys.stdout.write("| contender | held | phrase | second turns | sentences |\n|---|---|---|---|---|\n")
    for name, shares in made.items():
        means = (shares.held_mean, shares.phrase_mean, shares.second_turns, shares.sentences)
        sys.stdout.write(" | ".join([f"| {name}", *(f"{mean:.2f}" for mean in means)]) + " |\n")
    sys.stdout.write(f"made in {time.monotonic() - started:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
