"""`arena train reference`: what each key of a recipe means, may hold and is by default."""

import argparse
from collections.abc import Mapping

from generation.declared_tables import reference
from training.recipe import TrainingRecipe


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare that there are no arguments."""
    parser.epilog = "A recipe is a TOML file; `table.key` stands in the table [table]."


def run(_args: argparse.Namespace, _environment: Mapping[str, str]) -> int:
    """Print every key; return 0."""
    print(reference(TrainingRecipe))
    return 0
