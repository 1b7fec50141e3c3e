"""`arena generate distill FILE`: a teacher answers given instructions."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from generation.commands.flags import add_flags, add_teacher_flags, announce, changes, run_and_tell
from generation.recipe import load_recipe, recipe_path
from generation.runs.run_folder import RunFolder


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("file", type=Path, metavar="FILE", help="rows of JSON with `instruction` and perhaps `input`")
    parser.add_argument("--recipe", default="distill", help='a TOML file with method = "distill"')
    parser.add_argument("--out", type=Path, metavar="DIR", help="the run's folder (default: datasets/FILE-distilled)")
    parser.add_argument("--skip-bad", action="store_true", help="leave faulty rows out, in a file of their own")
    add_teacher_flags(parser)
    add_flags(parser)


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Run the command and return its exit code, as `arena generate run` does."""
    given = changes(args) | {"source": str(args.file.resolve())}
    recipe = load_recipe(recipe_path(args.recipe), changes=given)
    out = args.out or Path("datasets") / f"{args.file.stem}-distilled"
    folder = RunFolder.create(out, recipe, skip_bad=args.skip_bad)
    announce(folder)
    return run_and_tell(folder, environment)
