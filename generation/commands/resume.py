"""`arena generate resume DIR`: go on with a run."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from generation.commands.flags import add_flags, changes, run_and_tell
from generation.runs.run_folder import RunFolder


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the run's folder")
    add_flags(parser)


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Run the command and return its exit code, as `arena generate run` does."""
    folder = RunFolder.open(args.folder, changes=changes(args))
    return run_and_tell(folder.save(folder.recipe), environment)
