"""`arena train`: fine-tune by a recipe. Each of its subcommands is a file in `training/commands`."""

import argparse
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path

from generation.candidates.forbidden import FOLDER
from training.commands.show import show
from training.forbidden import check_forbidden
from training.recipe import load_recipe

COMMANDS = {
    "stats": ("training.commands.stats", "say how long a data file's examples are, and what is cut off or left out"),
    "diff": ("training.commands.diff", "write what a fine-tune changed of its base, or apply that to the base"),
    "reference": ("training.commands.reference", "print what each key of a recipe means and may hold"),
    "cost": ("training.commands.cost", "say what GPUs cost, or how many weights a recipe trains"),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "--show", action="store_true", help="print every value, and where it differs from the published"
    )
    parser.add_argument("--check", action="store_true", help="check that this can be trained here, and stop")
    parser.add_argument("--resume", action="store_true", help="continue a stopped run from its newest saved state")
    parser.add_argument(
        "--runs", type=Path, default=Path("runs"), metavar="DIR", help="folder of all runs (default: %(default)s)"
    )
    parser.add_argument(
        "--forbidden", type=Path, default=FOLDER, metavar="DIR", help="prompt sets of campaigns (default: %(default)s)"
    )
    parser.add_argument("--allow-forbidden", action="store_true", help="train although the data hold such prompts")
    parser.add_argument("recipe", metavar="RECIPE", help="the name of a recipe that ships, or a file")
    parser.add_argument("changes", nargs="*", metavar="key=value", help="values that replace the recipe's")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Train by a recipe, or only show or check it; return the exit code."""
    # Libraries warn about each other's changes to come, which the person at the terminal cannot mend.
    warnings.simplefilter("ignore", FutureWarning)
    if args.show:
        print(show(args.recipe, changes=args.changes))
        return 0
    recipe = load_recipe(args.recipe, changes=args.changes)
    if (found := check_forbidden(recipe, args.forbidden, allowed=args.allow_forbidden)) and found.overlaps:
        _say(f"warning: {found.sentence()}.")
    # torch takes seconds to load.
    from transformers.utils import logging

    from training.finetune import finetune

    logging.disable_progress_bar()
    finetune(recipe, runs=args.runs, environment=environment, resume=args.resume, only_check=args.check, say=_say)
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
