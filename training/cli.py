"""`arena train`: fine-tune by a recipe, and what belongs to it.

arena train RECIPE [key=value …]            train; --resume goes on, --check and --show only look
arena train stats DATA [key=value …]        lengths, padding of each way, what is cut off or left out
arena train diff make BASE TUNED OUT        what a fine-tune changed, as a folder
arena train diff apply BASE DIFF OUT        the fine-tune, from its base and the difference
arena train cost [gpus=8 hours=3 rate=3.93]
arena train cost CONFIG [key=value …]       how many weights, and how many of them a recipe trains
"""

import argparse
import importlib
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

from generation.extras import needing
from training.recipe import load_recipe

COMMANDS = {"stats", "diff", "cost"}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = (__doc__ or "").partition("\n\n")[2]
    parser.add_argument("--show", action="store_true", help="print every value and what differs from the published")
    parser.add_argument("--check", action="store_true", help="look whether it could be trained here, and stop")
    parser.add_argument("--resume", action="store_true", help="go on from the newest checkpoint")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="default: %(default)s")
    parser.add_argument("words", nargs="+", metavar="RECIPE [key=value …]", help="or one of the commands above")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Run a recipe or a command and return its exit code."""
    with needing("train", "`arena train`"):
        return _run(args, environment)


def _run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    warnings.simplefilter("ignore", FutureWarning)  # of libraries about one another: nothing that a person can mend
    first, *rest = args.words
    if first in COMMANDS:
        code: int = importlib.import_module(f"training.commands.{first}").run(rest)
        return code
    if args.show:
        from training.commands.show import show

        print(show(first, changes=rest))
        return 0
    recipe = load_recipe(first, changes=rest)
    # torch takes seconds to load.
    from transformers.utils import logging

    from training.finetune import finetune

    logging.disable_progress_bar()
    finetune(recipe, runs=args.runs, environment=environment, resume=args.resume, only_check=args.check, say=_say)
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
