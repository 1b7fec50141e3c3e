"""`arena generate run RECIPE`: begin a run."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from generation.commands.flags import add_flags, add_teacher_flags, announce, changes, run_and_tell
from generation.recipe import load_recipe, recipe_path
from generation.runs.run_folder import RunFolder


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("recipe", help="a TOML file, or a recipe that ships: alpaca, self_instruct, ko")
    parser.add_argument("--out", type=Path, metavar="DIR", help="the run's folder (default: datasets/RECIPE)")
    add_teacher_flags(parser)
    add_flags(parser)


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Run the command and return its exit code: 0 at the target, 3 at a limit, 1 on failure, 130 on Ctrl-C."""
    path = recipe_path(args.recipe)
    recipe = load_recipe(path, changes=changes(args))
    folder = RunFolder.create(args.out or Path("datasets") / path.stem, recipe)
    announce(folder)
    return run_and_tell(folder, environment)
