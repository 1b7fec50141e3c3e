"""`arena train diff make BASE TUNED OUT` and `arena train diff apply BASE DIFF OUT`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from generation.errors import BadInput


def run(words: Sequence[str]) -> int:
    """Make a difference or apply one."""
    from training.weight_diff import apply_diff, make_diff

    does = {"make": make_diff, "apply": apply_diff}
    if len(words) != 4 or words[0] not in does:
        raise BadInput(
            "Four words are due: arena train diff make BASE TUNED OUT, or arena train diff apply BASE DIFF OUT."
        )
    base, other, out = map(Path, words[1:])
    does[words[0]](base, other, out)
    print(f"{out} is written.", file=sys.stderr)
    return 0
