"""`arena train`: fine-tune by a recipe. Its other commands are one file each in `training/commands`."""

import argparse
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

from training.commands.show import show
from training.recipe import load_recipe

COMMANDS = {
    "stats": ("training.commands.stats", "say how long a data file's examples are, and what is cut off or left out"),
    "diff": ("training.commands.diff", "write what a fine-tune changed of its base, or apply that to the base"),
    "cost": ("training.commands.cost", "say what GPUs cost, or how many weights a recipe trains"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("--show", action="store_true", help="print every value and what differs from the published")
    parser.add_argument("--check", action="store_true", help="look whether it could be trained here, and stop")
    parser.add_argument("--resume", action="store_true", help="go on from the newest checkpoint")
    parser.add_argument("--runs", type=Path, default=Path("runs"), metavar="DIR", help="default: %(default)s")
    parser.add_argument("recipe", metavar="RECIPE", help="the name of a recipe that ships, or a file")
    parser.add_argument("changes", nargs="*", metavar="key=value", help="values in place of the recipe's")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Train by a recipe, or only look at it, and return the exit code."""
    warnings.simplefilter("ignore", FutureWarning)  # of libraries about one another: nothing that a person can mend
    if args.show:
        print(show(args.recipe, changes=args.changes))
        return 0
    recipe = load_recipe(args.recipe, changes=args.changes)
    # torch takes seconds to load.
    from transformers.utils import logging

    from training.finetune import finetune

    logging.disable_progress_bar()
    finetune(recipe, runs=args.runs, environment=environment, resume=args.resume, only_check=args.check, say=_say)
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
